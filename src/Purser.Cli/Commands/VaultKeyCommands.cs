using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Services.Mail;
using Purser.Services.Vault.Sessions;

namespace Purser.Cli.Commands;

/// <summary><c>purser vault key new · list · revoke</c>: the operator's side of logins by API key. A key is printed once, where it is made.</summary>
public static class VaultKeyCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("key", "API keys for logging in at this vault.", New(output), List(output), Revoke(output));

    private static Command New(CliOutput output)
    {
        var name = new Argument<string>("name") { Description = "The key's name." };
        var email = new Option<string?>("--email") { Description = "Whose wallet it opens: that of this e-mail's user (default: a user of its own).", HelpName = "EMAIL" };
        return PurserCommand.Make(output, "new", "Makes a key and prints it once.", [name, email], async (context, token) =>
        {
            EmailAddress? address = null;
            if (context.Parsed.GetValue(email) is { } text && !EmailAddress.TryParse(text, out address))
            {
                return CliResult.Usage("email_invalid", $"--email '{SharedFlags.Shown(text)}' is no plain e-mail address.", "Give one address, in ASCII, without quotes or a display name.");
            }

            await using var store = await VaultLogins.OpenStoreAsync(context, token);
            await using var logins = await VaultLogins.OpenAsync(context, store, null, token);
            switch (await logins.Keys.CreateAsync(context.Parsed.GetValue(name)!, address, token))
            {
                case ApiKeyResult.Made made:
                    var data = Describe(made.Key);
                    data["apiKey"] = made.Secret;
                    return new CliResult.Ok(data)
                    {
                        Text = [made.Secret, $"This is the only time that the key of '{made.Key.Name}' is shown."],
                        Next = ["purser wallet login --api-key-file FILE"],
                    };
                case ApiKeyResult.Refused { Reason: var reason }:
                    return CliResult.Usage(reason.Code, reason.Message, reason.Hint);
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        });
    }

    private static Command List(CliOutput output)
    {
        return PurserCommand.Make(output, "list", "The keys, without their secrets.", [], async (context, token) =>
        {
            await using var store = await VaultLogins.OpenStoreAsync(context, token);
            await using var logins = await VaultLogins.OpenAsync(context, store, null, token);
            var keys = await logins.Keys.ListAsync(token);
            return new CliResult.Ok(new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => (JsonNode)Describe(key))]) })
            {
                Text = keys.Count == 0 ? ["There are no keys yet: purser vault key new NAME"] : [.. keys.Select(key => $"{key.Name,-20} {key.UserName,-30} {(key.RevokedAt is null ? "" : "revoked")}")],
            };
        });
    }

    private static Command Revoke(CliOutput output)
    {
        var name = new Argument<string>("name") { Description = "The key's name." };
        return PurserCommand.Make(output, "revoke", "Revokes a key and ends the sessions that were opened with it.", [name], async (context, token) =>
        {
            await using var store = await VaultLogins.OpenStoreAsync(context, token);
            await using var logins = await VaultLogins.OpenAsync(context, store, null, token);
            return await logins.Keys.RevokeAsync(context.Parsed.GetValue(name)!, token)
                ? new CliResult.Ok(new JsonObject { ["name"] = context.Parsed.GetValue(name), ["revoked"] = true }) { Text = ["Revoked."] }
                : CliResult.Failed("key_missing", "There is no such key, or it is revoked already.", "See `purser vault key list`.");
        });
    }

    private static JsonObject Describe(ApiKeyInfo key) => new()
    {
        ["name"] = key.Name,
        ["user"] = key.UserName,
        ["createdAt"] = Time(key.CreatedAt),
        ["usedAt"] = key.UsedAt is { } used ? Time(used) : null,
        ["revokedAt"] = key.RevokedAt is { } revoked ? Time(revoked) : null,
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
