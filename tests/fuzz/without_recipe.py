"""Operations for which valid requests are made without what must exist before: they may be refused with an error of the model."""

from typing import Final

WITHOUT_RECIPE: Final = frozenset(
    {
        "PublishVersion",
        "ListVersionsByFunction",
        "CreateAlias",
        "GetAlias",
        "ListAliases",
        "UpdateAlias",
        "DeleteAlias",
        "PutFunctionConcurrency",
        "GetFunctionConcurrency",
        "DeleteFunctionConcurrency",
    }
)
