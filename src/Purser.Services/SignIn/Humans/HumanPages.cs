using Microsoft.AspNetCore.Routing;
using Purser.Services.SignIn.Humans.Pages;

namespace Purser.Services.SignIn.Humans;

/// <summary>Maps the pages for people.</summary>
public static class HumanPages
{
    /// <summary>
    /// Maps the pages: sign-in, agents and their limits, linking by a code, tokens, self-exclusion, the audit log, and signing in the browser. They are rendered by the server and need no script but for
    /// the browser's wallet. Needs <see cref="HumanServices.AddHumanAccounts"/>, <c>AddAgentLinks</c> and <c>AddAgentSignIn</c>.
    /// </summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="prefix">Where they lie.</param>
    /// <param name="api">Where the sign-in's API lies, which the signing page calls.</param>
    public static void MapHumanPages(this IEndpointRouteBuilder endpoints, string prefix = "/account", string api = "/api/auth")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(api);
        var door = new PageDoor(endpoints, prefix);
        new SignInPages(door).Map();
        new LinkPages(door).Map();
        new CodePages(door).Map();
        new TokenPages(door).Map();
        new WalletPages(door, api).Map();
    }
}
