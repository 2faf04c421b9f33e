using System.Buffers.Text;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Json;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>Signing in: by password, by a mailed code that sets one, or by a provider.</summary>
/// <param name="door">The way in.</param>
internal sealed class SignInPages(PageDoor door)
{
    // The browser's secret that a mailed code counts for.
    private const string DeviceCookie = "purser-device";

    public void Map()
    {
        door.Get("/login", ShowAsync);
        door.Post("/login", LogInAsync);
        door.Get("/start", ShowStartAsync);
        door.Post("/start", StartAsync);
        door.Post("/verify", VerifyAsync);
        door.Post("/logout", LogOutAsync);
        if (door.Accounts.Options.ProviderScheme is { } provider)
        {
            door.Post("/external", (context, _) => context.ChallengeAsync(provider, new() { RedirectUri = door.Writer.Path(context, "/external/done") }));
            door.Get("/external/done", context => ReturnAsync(context, provider));
        }
    }

    private Task ShowAsync(HttpContext context) => door.Writer.WriteAsync(context, "Sign in", Html.Join(
    [
        door.Accounts.Options.ProviderScheme is null ? Html.Empty : door.Writer.Form(context, "/external", new("<button id=\"external\">Sign in with your provider</button>")),
        door.Accounts.Options.Mailer is null && door.Accounts.Options.ProviderScheme is not null ? Html.Empty : Html.Of(
            $"""
            {door.Writer.Form(context, "/login", new(
                """
                <label>E-mail <input name="email" type="email" autocomplete="username" required></label>
                <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
                <button>Sign in</button>
                """))}
            <p><a href="{door.Writer.Path(context, "/start")}">New here, or the password is forgotten</a></p>
            """),
    ]));

    private async Task LogInAsync(HttpContext context, PageForm form)
    {
        switch (await door.Accounts.LogInAsync(form.Text("email"), form.Raw("password"), CallerAddress.Of(context), CancellationToken.None))
        {
            case HumanResult.SignedIn { User: var user }:
                await PageDoor.SignInAsync(context, user);
                door.Writer.Redirect(context, "");
                break;
            case HumanResult.Refused { Reason: var reason }:
                await door.Writer.WriteAsync(context, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Task ShowStartAsync(HttpContext context) => door.Writer.WriteAsync(context, "Have a code mailed", Html.Of(
        $"""
        <p>A code goes to your e-mail. With it you set a password, for a new account or for the one that you have.</p>
        {door.Writer.Form(context, "/start", new("<label>E-mail <input name=\"email\" type=\"email\" autocomplete=\"username\" required></label><button>Mail the code</button>"))}
        """));

    private async Task StartAsync(HttpContext context, PageForm form)
    {
        var device = ReadDevice(context) ?? MakeDevice(context);
        switch (await door.Accounts.BeginAsync(form.Text("email"), device, CallerAddress.Of(context), CancellationToken.None))
        {
            case HumanResult.CodeSent sent:
                await door.Writer.WriteAsync(context, "Type the code", Html.Of(
                    $"""
                    <p>If mail reaches {UntrustedText.Clean(form.Text("email"))}, a code of eight digits is on its way. It counts in this browser until {sent.ExpiresAt}.</p>
                    {door.Writer.Form(context, "/verify", Html.Of(
                        $"""
                        <input type="hidden" name="attempt" value="{sent.Attempt}">
                        <label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
                        <label>New password ({HumanAccountOptions.MinPasswordLength} characters or more) <input name="password" type="password" autocomplete="new-password" minlength="{HumanAccountOptions.MinPasswordLength}" required></label>
                        <button>Set the password and sign in</button>
                        """))}
                    """));
                break;
            case HumanResult.Refused { Reason: var reason }:
                await door.Writer.WriteAsync(context, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task VerifyAsync(HttpContext context, PageForm form)
    {
        if (ReadDevice(context) is not { } device)
        {
            await door.Writer.WriteAsync(context, HumanRefusals.CodeUnknown);
            return;
        }

        switch (await door.Accounts.CompleteAsync(form.Text("attempt"), device, form.Text("code"), form.Raw("password"), CallerAddress.Of(context), CancellationToken.None))
        {
            case HumanResult.SignedIn { User: var user }:
                await PageDoor.SignInAsync(context, user);
                door.Writer.Redirect(context, "");
                break;
            case HumanResult.Refused { Reason: { Code: "code_wrong" or "password_weak" } reason }:
                // The same code may be typed again: the form comes back with what was wrong.
                await door.Writer.WriteAsync(context, reason, door.Writer.Form(context, "/verify", Html.Of(
                    $"""
                    <input type="hidden" name="attempt" value="{UntrustedText.Clean(form.Text("attempt"), 64)}">
                    <label>Code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
                    <label>New password <input name="password" type="password" autocomplete="new-password" required></label>
                    <button>Set the password and sign in</button>
                    """)));
                break;
            case HumanResult.Refused { Reason: var reason }:
                await door.Writer.WriteAsync(context, reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task LogOutAsync(HttpContext context, PageForm form)
    {
        if (form.Text("everywhere") == "yes" && HumanPrincipal.Read(context.User) is { } user)
        {
            await door.Accounts.SignOutEverywhereAsync(user.Id, CancellationToken.None);
        }

        await context.SignOutAsync(HumanSchemes.Cookie);
        door.Writer.Redirect(context, "/login");
    }

    private async Task ReturnAsync(HttpContext context, string provider)
    {
        var ticket = await context.AuthenticateAsync(HumanSchemes.External);
        await context.SignOutAsync(HumanSchemes.External);
        if (ticket.Principal is not { } person || (person.FindFirstValue("sub") ?? person.FindFirstValue(ClaimTypes.NameIdentifier)) is not { Length: > 0 and <= 255 } subject)
        {
            await door.Writer.WriteAsync(context, new GateRefusal(StatusCodes.Status401Unauthorized, "provider_refused", "The provider did not sign you in", "try again"));
            return;
        }

        var name = UntrustedText.Clean(person.FindFirstValue("name") ?? person.FindFirstValue(ClaimTypes.Name) ?? person.FindFirstValue("email") ?? person.FindFirstValue(ClaimTypes.Email) ?? subject, 100);
        var verified = string.Equals(person.FindFirstValue(HumanClaims.Verified), "true", StringComparison.OrdinalIgnoreCase);
        var user = await door.Accounts.SignInExternalAsync(provider, subject, name.Length == 0 ? "somebody" : name, verified, CancellationToken.None);
        await PageDoor.SignInAsync(context, user);
        door.Writer.Redirect(context, "");
    }

    private static byte[]? ReadDevice(HttpContext context)
    {
        var bytes = new byte[32];
        return context.Request.Cookies.TryGetValue(DeviceCookie, out var text) && text is { Length: 43 } && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == 32 ? bytes : null;
    }

    private byte[] MakeDevice(HttpContext context)
    {
        var bytes = new byte[32];
        door.Random.Fill(bytes);
        context.Response.Cookies.Append(DeviceCookie, Base64Url.EncodeToString(bytes), new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = context.Request.IsHttps,
            Path = door.Writer.Path(context),
            MaxAge = TimeSpan.FromDays(365),
            IsEssential = true,
        });
        return bytes;
    }
}
