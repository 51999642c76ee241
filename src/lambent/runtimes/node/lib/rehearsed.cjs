// The handler of the rehearsal.
'use strict';

exports.handler = async (event) => event;
