using Microsoft.AspNetCore.Http;
using Purser.Services.SignIn.Links;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>Linking by a code: the person types what the agent shows, sees which wallet asks, sets limits, and says yes or no.</summary>
/// <param name="door">The way in.</param>
internal sealed class CodePages(PageDoor door)
{
    public void Map()
    {
        door.Get("/link", ShowAsync);
        door.Post("/link", AskAsync);
        door.Post("/link/answer", AnswerAsync);
    }

    // A code in the address is only filled in: it is looked at when the form is sent, so that a link which somebody spread does nothing by itself.
    private Task ShowAsync(HttpContext context, HumanUser user)
    {
        var code = UserCode.Normalise(context.Request.Query["user_code"].ToString()) is { } typed ? UserCode.Show(typed) : "";
        return door.Writer.WriteAsync(context, "Link an agent", Html.Of(
            $"""
            <p>Type the code that your agent shows. If somebody else sent you a code, do not: his agent would play on your account.</p>
            {door.Writer.Form(context, "/link", Html.Of($"<label>Code <input name=\"code\" value=\"{code}\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" required></label><button>Go on</button>"))}
            """));
    }

    private async Task AskAsync(HttpContext context, HumanUser user, PageForm form)
    {
        if (!user.IsVerified)
        {
            await door.Writer.WriteAsync(context, LinkRefusals.NotVerified);
            return;
        }

        switch (await door.Codes.AskAsync(user.Id, form.Text("code"), CancellationToken.None))
        {
            case DeviceCodeQuestion.Asked asked:
                await door.Writer.WriteAsync(context, "May this agent play for you?", Html.Of(
                    $"""
                    <p>The wallet <code id="wallet">{asked.Wallet.ToString()}</code> asks to play on your account. It has proven that it holds its key.</p>
                    {door.Writer.Form(context, "/link/answer", Html.Of(
                        $"""
                        <input type="hidden" name="code" value="{asked.UserCode}">
                        <label>What you call it <input name="label" maxlength="{LinkLabel.MaxLength}" value="{asked.ClientLabel}"></label>
                        {LinkPages.LimitFields(asked.Permissions)}
                        <button name="answer" value="allow">Allow within these limits</button>
                        <button name="answer" value="deny" class="danger" formnovalidate>Deny</button>
                        """))}
                    """));
                break;
            case DeviceCodeQuestion.Refused { Reason: var reason }:
                await door.Writer.WriteAsync(context, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task AnswerAsync(HttpContext context, HumanUser user, PageForm form)
    {
        var fault = "A name has at most 64 characters that all show";
        var allow = form.Text("answer") == "allow";
        if (!user.IsVerified)
        {
            await door.Writer.WriteAsync(context, LinkRefusals.NotVerified);
            return;
        }

        var permissions = Protocol.SignIn.LinkPermissions.Unlimited;
        string? label = null;
        if (allow && (!form.TryLabel(out label) || !form.TryPermissions(out permissions, out fault)))
        {
            await door.Writer.WriteAsync(context, LinkRefusals.Malformed(fault));
            return;
        }

        if (await door.Codes.AnswerAsync(user.Id, form.Text("code"), label, allow ? permissions : null, CancellationToken.None) is LinkResult.Refused { Reason: var reason })
        {
            await door.Writer.WriteAsync(context, reason);
            return;
        }

        door.Writer.Redirect(context, "");
    }
}
