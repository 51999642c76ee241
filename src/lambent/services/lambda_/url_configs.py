"""CreateFunctionUrlConfig and its like: a web address of a function or of an alias."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.arn import function_arn
from lambent.model.errors import InvalidParameterValue, ResourceConflict, ResourceNotFound
from lambent.model.partitions import partition_of
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.services.lambda_.shape import iso_instant
from lambent.state.records import OwnerMissing, Record, RecordKey
from lambent.state.stores import Stores

KIND: Final = "function-url-config"
_MOST_LISTED: Final = 50
_BUFFERED: Final = "BUFFERED"
_METHODS: Final = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlConfig:
    """As it is kept of an alias, or of the function as a whole."""

    url_id: str
    """The first label of the host name, 32 characters."""
    auth_type: str
    created_ms: int
    modified_ms: int
    cors: dict[str, Any] | None = None
    """As it was given, None for none."""
    invoke_mode: str = ""
    """Empty: never given, so that it is BUFFERED."""


class UrlConfigOperations:
    """Function URLs. Each gets its address when it is made and keeps it until it is deleted."""

    def __init__(self, *, stores: Stores, clock: Clock, ids: Ids) -> None:
        self._records = stores.records.of(KIND, UrlConfig)
        self._qualifiers, self._clock, self._ids = Qualifiers(stores), clock, ids

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateFunctionUrlConfig": self.create_function_url_config,
            "UpdateFunctionUrlConfig": self.update_function_url_config,
            "GetFunctionUrlConfig": self.get_function_url_config,
            "DeleteFunctionUrlConfig": self.delete_function_url_config,
            "ListFunctionUrlConfigs": self.list_function_url_configs,
        }

    async def create_function_url_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a function or an alias an address."""
        named = names.read(context, "CreateFunctionUrlConfig", members)
        cors = _cors(members)
        now = self._clock.epoch_ms()
        config = UrlConfig(
            url_id=self._ids.hex(32),
            auth_type=members["AuthType"],
            created_ms=now,
            modified_ms=now,
            cors=cors or None,
            invoke_mode=members.get("InvokeMode") or "",
        )
        key = _key(named)
        try:
            if not await self._records.create(key, config):
                raise ResourceConflict(
                    f"Failed to create function url config for [functionArn = {named.arn}]. "
                    "Error message:  FunctionUrlConfig exists for this Lambda function"
                )
        except OwnerMissing as error:
            raise _no_function() from error
        shown = _shown(key, config)
        del shown["LastModifiedTime"]
        return shown

    async def update_function_url_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change what is given and keep the rest; an empty Cors ends it."""
        named = names.read(context, "UpdateFunctionUrlConfig", members)
        cors = _cors(members)
        if not await self._qualifiers.exists(named):
            raise _no_function()
        while True:  # again when somebody was first: what he changed must not be lost
            before = await self._find(named)
            config = replace(
                before.body,
                modified_ms=self._clock.epoch_ms(),
                auth_type=members.get("AuthType") or before.body.auth_type,
                cors=before.body.cors if cors is None else cors or None,
                invoke_mode=members.get("InvokeMode") or before.body.invoke_mode,
            )
            try:
                if await self._records.put(before.key, config, if_revision=before.revision):
                    return _shown(before.key, config)
            except OwnerMissing as error:
                raise _no_function() from error

    async def get_function_url_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a configuration."""
        named = names.read(context, "GetFunctionUrlConfig", members)
        return _shown_whole(await self._find(named))

    async def delete_function_url_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give an address up; those of aliases and of the function are apart."""
        named = names.read(context, "DeleteFunctionUrlConfig", members)
        if not await self._records.delete(_key(named)):
            raise _missing()
        return {}

    async def list_function_url_configs(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """A function's addresses: its own, then its aliases'."""
        named = names.read(context, "ListFunctionUrlConfigs", members)
        try:
            await self._qualifiers.demand_function(named)
        except ResourceNotFound as error:
            raise _no_function() from error
        page = await self._records.page(
            account_id=named.key.account_id,
            region=named.key.region,
            function=named.key.name,
            marker=members.get("Marker") or "",
            limit=members.get("MaxItems") or _MOST_LISTED,
        )
        shown: dict[str, Any] = {"FunctionUrlConfigs": [_shown_whole(r) for r in page.items]}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def _find(self, named: Named) -> Record[UrlConfig]:
        record = await self._records.get(_key(named))
        if record is None:
            raise _missing()
        return record


def _cors(members: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is given of it, None when it is left out. Raises InvalidParameterValue."""
    cors = members.get("Cors")
    if cors is None:
        return None
    unknown = [method for method in cors.get("AllowMethods") or () if method not in _METHODS]
    if unknown:
        raise InvalidParameterValue(
            f"Cors.AllowMethods has {', '.join(unknown)}: allowed are {', '.join(_METHODS)}."
        )
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or ()):
        raise InvalidParameterValue(
            "Cors.AllowCredentials cannot be true while Cors.AllowOrigins has *: name the origins."
        )
    return {member: value for member, value in cors.items() if value is not None}


def _key(named: Named) -> RecordKey:
    return RecordKey.of_function(named.key, qualifier=named.qualifier)


def _missing() -> ResourceNotFound:
    return ResourceNotFound("The resource you requested does not exist.")


def _no_function() -> ResourceNotFound:
    return ResourceNotFound("Function does not exist")


def _shown(key: RecordKey, config: UrlConfig) -> dict[str, Any]:
    """As those see it who made or changed it (recorded: with InvokeMode only if it was ever given)."""
    suffix = partition_of(key.region).site_suffix
    shown: dict[str, Any] = {
        "FunctionUrl": f"https://{config.url_id}.lambda-url.{key.region}.{suffix}/",
        "FunctionArn": function_arn(
            region=key.region, account_id=key.account_id, name=key.function, qualifier=key.id
        ),
        "AuthType": config.auth_type,
        "CreationTime": iso_instant(config.created_ms),
        "LastModifiedTime": iso_instant(config.modified_ms),
    }
    if config.cors is not None:
        shown["Cors"] = config.cors
    if config.invoke_mode:
        shown["InvokeMode"] = config.invoke_mode
    return shown


def _shown_whole(record: Record[UrlConfig]) -> dict[str, Any]:
    return {"InvokeMode": _BUFFERED} | _shown(record.key, record.body)
