/* Starts GraphiQL on the address that the page came from. */
(function () {
  "use strict";

  var url = location.origin + location.pathname.replace(/\/$/, "");
  var defaultQuery = [
    "# Welcome. Run the first operation: a stranger sees nobody, and may do nothing.",
    "query WhoAmI {",
    "  viewer {",
    "    user { fullName email }",
    "    business { name timeZone }",
    "    permissions",
    "  }",
    "}",
    "",
    "# Sign in (the demo prints its credentials at start), then put the token under Headers, below:",
    '# { "Authorization": "Bearer …" }',
    "mutation SignIn($email: EmailAddress!, $password: String!) {",
    "  signIn(input: { email: $email, password: $password }) {",
    "    ... on SignInPayload { session { accessToken expiresInSeconds } }",
    "    ... on Error { code message }",
    "  }",
    "}",
    "",
    "query Today {",
    "  appointments(first: 10, orderBy: { field: STARTS_AT }) {",
    "    totalCount",
    "    edges {",
    "      node { startsAt status client { displayName } provider { displayName } }",
    "    }",
    "  }",
    "}",
    "",
  ].join("\n");

  var fetcher = GraphiQL.createFetcher({
    url: url,
    wsClient: graphqlWs.createClient({ url: url.replace(/^http/, "ws"), lazy: true }),
  });

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: fetcher,
      defaultQuery: defaultQuery,
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
    })
  );
})();
