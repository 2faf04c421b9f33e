using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.SignIn;

namespace Purser.Cli.Commands;

/// <summary><c>purser signin check FILE|-</c>: parses one EIP-4361 message and prints its fields or the refusal (exit 1); what is given beside it is held against it.</summary>
internal static class SignInCheckCommand
{
    private sealed record Flags(Argument<string> File, Option<string?> Address, Option<string?> Domain, Option<string?> Uri, Option<string?> Chain, Option<string?> Nonce, Option<string?> Time, Option<string?> Signature, Option<string?> Rpc)
    {
        public static Flags Make() => new(
            new("file") { Description = "The message's file, or - for standard input. Every byte counts: a message has no line feed at its end." },
            new("--address") { Description = "The account that has to be named.", HelpName = "ADDRESS" },
            new("--domain") { Description = "The domain that has to be named, exactly.", HelpName = "HOST" },
            new("--uri") { Description = "The URI that has to be named, exactly.", HelpName = "URI" },
            new("--chain-id") { Description = "The chain that has to be named, by number or in CAIP-2.", HelpName = "ID" },
            new("--nonce") { Description = "The nonce that has to be named.", HelpName = "NONCE" },
            new("--time") { Description = "When the message has to hold: an RFC 3339 time, or now.", HelpName = "TIME" },
            new("--signature") { Description = "The signature that has to be the account's: 0x and hex digits.", HelpName = "HEX" },
            SharedFlags.Rpc());

        public Symbol[] Symbols => [File, Address, Domain, Uri, Chain, Nonce, Time, Signature, Rpc];
    }

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var flags = Flags.Make();
        return PurserCommand.Make(output, "check", "Reads an EIP-4361 message and holds it against what is expected; exit 1 when it is none, or another.", flags.Symbols,
            async (context, token) => SignInMessage.Parse(await ReadAsync(context, flags, token)) switch
            {
                SignInReading.Refused { Reason: var reason } => Refused(reason.Code, reason.Field, reason.Message, "Ask for a message in EIP-4361's form; nothing may stand before, behind or between its lines."),
                SignInReading.Read { Message: var message } => await CheckAsync(context, flags, message, token),
                _ => throw new System.Diagnostics.UnreachableException(),
            });
    }

    /// <summary>The message's fields by their names in the specification's object form; what is absent is left out.</summary>
    public static JsonObject Describe(SignInMessage message)
    {
        var data = new JsonObject();
        Add("scheme", message.Scheme);
        Add("domain", message.Domain);
        Add("address", message.Address.ToString());
        Add("statement", message.Statement);
        Add("uri", message.Uri);
        Add("version", "1");
        data["chainId"] = message.ChainId.Value;
        Add("nonce", message.Nonce);
        Add("issuedAt", message.IssuedAt);
        Add("expirationTime", message.ExpirationTime);
        Add("notBefore", message.NotBefore);
        Add("requestId", message.RequestId);
        if (message.Resources is { } resources)
        {
            data["resources"] = new JsonArray([.. resources.Select(resource => (JsonNode)resource)]);
        }

        return data;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                data[name] = value;
            }
        }
    }

    private static async Task<CliResult> CheckAsync(CommandContext context, Flags flags, SignInMessage message, CancellationToken cancellationToken)
    {
        var parsed = context.Parsed;
        var expected = new SignInExpectation
        {
            Address = parsed.GetValue(flags.Address) is { } address ? SharedFlags.ReadAddress("--address", address) : null,
            Domain = parsed.GetValue(flags.Domain),
            Uri = parsed.GetValue(flags.Uri),
            Chains = parsed.GetValue(flags.Chain) is { } chain ? [SharedFlags.ReadChainNumber(chain)] : null,
            Nonce = parsed.GetValue(flags.Nonce),
            Time = parsed.GetValue(flags.Time) is { } time ? ReadTime(context, time) : null,
        };
        var signature = parsed.GetValue(flags.Signature) is { } hex ? ReadSignature(hex) : null;
        if (expected.Check(message) is { } mismatch)
        {
            return Refused(mismatch.Code, mismatch.Field, mismatch.Message, mismatch.Hint);
        }

        var fields = Describe(message);
        if (signature is not null)
        {
            if (!await IsSignedAsync(context, flags, message, signature, cancellationToken))
            {
                return Refused("siwe_signature_invalid", null, "the signature is not the account's", "Have the very same text signed by EIP-191 (personal_sign); a contract wallet is asked with --rpc URL.");
            }

            fields["signature"] = "valid";
        }

        return new CliResult.Ok(fields) { Text = [.. fields.Select(field => $"{field.Key}: {SharedFlags.Shown(field.Value is JsonArray list ? string.Join(' ', list) : field.Value!.ToString())}")] };
    }

    private static async Task<bool> IsSignedAsync(CommandContext context, Flags flags, SignInMessage message, byte[] signature, CancellationToken cancellationToken)
    {
        var digest = Eip191.HashPersonalMessage(message.ToText());
        if (await SharedFlags.ReadRpcAsync(context, flags.Rpc, message.ChainId, cancellationToken) is not { } node)
        {
            return AccountSignature.IsOfKey(message.Address, digest, signature);
        }

        var chain = new JsonRpcChain(CommandContext.Http, node.Rpc, context.Clock);
        return await AccountSignature.VerifyAsync(chain, message.Address, digest, signature, new() { Factories = FactoryRule.Any, AcceptKeyOfDelegatedAccount = true }, cancellationToken) is SignatureVerdict.Valid;
    }

    // What is longer than any message is read no further; the parser says that it is too large. Bytes that are no UTF-8 become characters that no message has.
    private static async Task<string> ReadAsync(CommandContext context, Flags flags, CancellationToken cancellationToken)
    {
        var path = context.Parsed.GetValue(flags.File)!;
        if (path == "-")
        {
            var text = new StringBuilder();
            for (var c = context.Console.Input.Read(); c >= 0 && text.Length <= SignInMessage.MaxLength; c = context.Console.Input.Read())
            {
                text.Append((char)c);
            }

            return text.ToString();
        }

        try
        {
            await using var stream = File.OpenRead(path);
            var buffer = new byte[(4 * SignInMessage.MaxLength) + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Usage("file_unreadable", $"'{SharedFlags.Shown(path)}' cannot be read: {exception.Message}", "Name a readable file, or - for standard input."));
        }
    }

    private static DateTimeOffset ReadTime(CommandContext context, string text) =>
        text == "now" ? context.Clock.GetUtcNow()
        : Rfc3339.TryParse(text, out var time) ? time
        : throw new CliRefusalException(CliResult.Usage("time_invalid", $"--time must be an RFC 3339 time or now, got '{SharedFlags.Shown(text)}'", string.Create(CultureInfo.InvariantCulture, $"Such as {context.Clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}.")));

    private static byte[] ReadSignature(string hex) => Hex.TryDecode(hex, out var bytes) && bytes.Length is > 0 and <= SignInVerification.MaxSignatureBytes
        ? bytes
        : throw new CliRefusalException(CliResult.Usage("signature_invalid", $"--signature must be 0x and an even number of hex digits, at most {SignInVerification.MaxSignatureBytes} bytes", "Copy it again from the signer."));

    private static CliResult.Refused Refused(string code, string? field, string message, string hint) =>
        CliResult.Failed(code, message, hint) with { Details = field is null ? null : new JsonObject { ["field"] = field } };
}
