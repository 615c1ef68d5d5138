"""The texts of mutations."""

from __future__ import annotations

SESSION = "session { accessToken refreshToken expiresInSeconds businessId role user { id email fullName } }"
REFUSED = "... on Error { code message } ... on ValidationFailed { issues { path code message } }"


def mutation(name: str, asked: str) -> str:
    """The text of a mutation that asks for something on success, and for every refusal."""
    kind = name[0].upper() + name[1:]
    return f"""
    mutation($input: {kind}Input!) {{
      {name}(input: $input) {{ __typename ... on {kind}Payload {{ {asked} }} {REFUSED} }}
    }}
    """
