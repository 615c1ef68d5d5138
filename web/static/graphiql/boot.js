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
    "# Listen: run this, then book or change something elsewhere. Pass the last cursor as `after` to resume.",
    "subscription Listen {",
    "  bookingEvents {",
    "    type",
    "    occurredAt",
    "    cursor",
    "    appointment { startsAt status }",
    "  }",
    "}",
    "",
  ].join("\n");

  // Subscriptions go over a WebSocket of their own, which introduces itself with what is under Headers.
  function fetcher(params, options) {
    var wsClient = graphqlWs.createClient({
      url: url.replace(/^http/, "ws"),
      lazy: true,
      retryAttempts: 0,
      connectionParams: (options && options.headers) || {},
    });
    return GraphiQL.createFetcher({ url: url, wsClient: wsClient })(params, options);
  }

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: fetcher,
      defaultQuery: defaultQuery,
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
    })
  );
})();
