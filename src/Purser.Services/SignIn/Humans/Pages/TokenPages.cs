using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>A person's tokens for the API: made, shown once, listed, revoked.</summary>
/// <param name="door">The way in.</param>
internal sealed class TokenPages(PageDoor door)
{
    public void Map()
    {
        door.Get("/tokens", ShowAsync);
        door.Post("/tokens", MakeAsync);
        door.Post("/tokens/{id}/revoke", RevokeAsync);
    }

    private async Task ShowAsync(HttpContext context, HumanUser user)
    {
        var tokens = await door.Tokens.ListAsync(user.Id, context.RequestAborted);
        var rows = Html.Join(tokens.Select(token => Html.Of(
            $"<tr><td>{token.Name}</td><td>{token.CreatedAt}</td><td>{token.ExpiresAt}</td><td>{door.Writer.Form(context, $"/tokens/{token.Id}/revoke", new("<button>Revoke</button>"))}</td></tr>")));
        await door.Writer.WriteAsync(context, "Tokens", Html.Of(
            $"""
            <p>A token lets a program of yours link wallets and change limits in your name. Give it to no agent: an agent signs in with its own wallet.</p>
            <table><thead><tr><th>Name</th><th>Made</th><th>Ends</th><th></th></tr></thead><tbody>{rows}</tbody></table>
            {door.Writer.Form(context, "/tokens", new("<label>Name <input name=\"label\" maxlength=\"64\" required></label><button>Make a token</button>"))}
            """));
    }

    private async Task MakeAsync(HttpContext context, HumanUser user, PageForm form)
    {
        if (!form.TryLabel(out var name) || name is null)
        {
            await door.Writer.WriteAsync(context, new GateRefusal(StatusCodes.Status400BadRequest, "label_malformed", "A name has 1 to 64 characters that all show", "type another one"));
            return;
        }

        switch (await door.Tokens.CreateAsync(user.Id, name, CancellationToken.None))
        {
            case HumanTokenResult.Made made:
                await door.Writer.WriteAsync(context, "Your new token", Html.Of(
                    $"""
                    <p>It is shown this once. It ends {made.Info.ExpiresAt}.</p>
                    <p><code id="token">{made.Token}</code></p>
                    <p><a href="{door.Writer.Path(context, "/tokens")}">Back</a></p>
                    """));
                break;
            case HumanTokenResult.Refused { Reason: var reason }:
                await door.Writer.WriteAsync(context, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task RevokeAsync(HttpContext context, HumanUser user, PageForm form)
    {
        await door.Tokens.RevokeAsync(user.Id, (string)context.Request.RouteValues["id"]!, CancellationToken.None);
        door.Writer.Redirect(context, "/tokens");
    }
}
