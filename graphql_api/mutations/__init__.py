"""The verbs of the schema, one file per noun: inputs, payloads, and the mutations themselves."""

from graphql_api.types import errors as errors  # declared before any mutation looks its refusals up
