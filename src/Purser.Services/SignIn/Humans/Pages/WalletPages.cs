using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>
/// Signing for an agent that has no key (specs/signin-checklist.md B2 b): the browser's wallet (EIP-1193) signs a challenge of this service, the page fetches the token, and the
/// person hands it to the agent. The one page with a script, which is ours and comes from here.
/// </summary>
/// <param name="door">The way in.</param>
/// <param name="api">Where the sign-in lies, such as <c>/api/auth</c>.</param>
internal sealed class WalletPages(PageDoor door, string api)
{
    public void Map()
    {
        door.Get("/sign", ShowAsync);
        door.Get("/wallet.js", context => SendAsync(context, "wallet.js", "text/javascript; charset=utf-8"));
        door.Get("/style.css", context => SendAsync(context, "style.css", "text/css; charset=utf-8"));
    }

    private Task ShowAsync(HttpContext context, HumanUser user) => door.Writer.WriteAsync(context, "Sign for an agent", Html.Of(
        $"""
        <p>For an agent without a key of its own. Your browser's wallet signs a challenge of this site, and you hand the agent the token that comes of it: with it the agent plays
        under the limits of that wallet's link, until the token ends or you revoke the link. The signature moves no money.</p>
        <noscript><p class="warning">Your browser's wallet is reached by a script, so this one page needs JavaScript. Without it: <code>purser signin login --print-challenge</code>.</p></noscript>
        <div id="sign" data-api="{context.Request.PathBase}{api}"><button id="connect" type="button">Sign with the browser's wallet</button>
        <p id="state" role="status"></p><pre id="message" hidden></pre>
        <p id="result" hidden>Hand this token to your agent, which reads it from its standard input: <input id="token" readonly> it ends <span id="expires"></span>.</p></div>
        """), script: "/wallet.js");

    private static async Task SendAsync(HttpContext context, string name, string type)
    {
        await using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Purser.Services.Pages.{name}") ?? throw new InvalidOperationException($"the assembly lacks {name}");
        PageWriter.Protect(context.Response);
        context.Response.ContentType = type;
        context.Response.ContentLength = file.Length;
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
