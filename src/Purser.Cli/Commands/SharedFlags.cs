using System.CommandLine;
using System.Text.RegularExpressions;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Cli.Commands;

/// <summary>Flags that several commands share, and how their values are read.</summary>
public static partial class SharedFlags
{
    /// <summary><c>--port</c>, or another flag that names one: 0 to 65535.</summary>
    /// <param name="standard">The port when none is given.</param>
    /// <param name="name">The flag.</param>
    /// <param name="description">What the flag is for.</param>
    /// <param name="following">How many ports after this one are taken too.</param>
    public static Option<int> Port(int standard, string name = "--port", string description = "The port on loopback; 0 picks a free one", int following = 0)
    {
        var option = new Option<int>(name) { Description = $"{description} (default {standard}).", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (int.TryParse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "0", out var port) && (port < 0 || port > 65535 - following))
            {
                result.AddError($"{name} must be 0 to {65535 - following}.");
            }
        });
        return option;
    }

    /// <summary><c>--chain-id</c>: at least 1.</summary>
    public static Option<ulong> ChainNumber()
    {
        var option = new Option<ulong>("--chain-id") { Description = "The chain's number (default 31337).", DefaultValueFactory = _ => 31337 };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && ulong.TryParse(text, out var number) && number == 0)
            {
                result.AddError("--chain-id must be at least 1; 31337 is the usual one.");
            }
        });
        return option;
    }

    /// <summary><c>--network</c>, CAIP-2.</summary>
    public static Option<string?> Network() => new("--network") { Description = "The chain in CAIP-2, such as eip155:8453.", HelpName = "CAIP2" };

    /// <summary><c>--rpc URL</c>.</summary>
    public static Option<string?> Rpc() => new("--rpc") { Description = "A node's JSON-RPC URL (default: that of networks.json in the data folder).", HelpName = "URL" };

    /// <summary><c>--account</c>.</summary>
    public static Option<string?> Account(string name = "--account") => new(name) { Description = "The account, by name or address (default: the selected one).", HelpName = "ACCOUNT" };

    /// <summary>Reads a chain in CAIP-2.</summary>
    /// <exception cref="CliRefusalException">Another form.</exception>
    public static ChainId ReadChain(string text) => ChainId.TryParse(text, out var chain)
        ? chain
        : throw new CliRefusalException(CliResult.Usage("network_invalid", $"unsupported network format: expected 'eip155:<chainId>', got '{Shown(text)}'", "Write CAIP-2, such as eip155:8453."));

    /// <summary>Reads a chain as a number or in CAIP-2.</summary>
    /// <exception cref="CliRefusalException">Another form.</exception>
    public static ChainId ReadChainNumber(string text) =>
        !text.Contains(':', StringComparison.Ordinal) ? ReadChain($"eip155:{text}") : ReadChain(text);

    /// <summary>Reads an address that money may go to or come from.</summary>
    /// <exception cref="CliRefusalException">Another form, a wrong checksum, or the zero address.</exception>
    public static Address ReadAddress(string flag, string text)
    {
        if (!Address.TryParse(text, out var address))
        {
            throw new CliRefusalException(CliResult.Usage("address_invalid", $"{flag} must be 0x and 40 hex digits, in one case or with a right EIP-55 checksum, got '{Shown(text)}'", "Copy the address again from its source."));
        }
        return !address.IsZero ? address : throw new CliRefusalException(CliResult.Usage("address_zero", $"{flag} is the zero address", "Money sent there is lost; give the real address."));
    }

    /// <summary>Reads an http or https URL.</summary>
    /// <exception cref="CliRefusalException">Another form.</exception>
    public static Uri ReadUrl(string flag, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url
            : throw new CliRefusalException(CliResult.Usage("url_invalid", $"{flag} must be an http or https URL without credentials, got '{Shown(text)}'", "Give the whole URL, such as http://127.0.0.1:8545."));

    /// <summary>The node of <c>--rpc</c> with the chain that it really is; null when the flag is absent. With <c>--network</c> the two must agree.</summary>
    /// <exception cref="CliRefusalException">The node cannot be reached (exit 7) or is of another chain (exit 1).</exception>
    public static async Task<ReachableNetwork?> ReadRpcAsync(CommandContext context, Option<string?> rpc, ChainId? asked, CancellationToken cancellationToken)
    {
        if (context.Parsed.GetValue(rpc) is not { } text)
        {
            return null;
        }
        return await ReachAsync(context, text, asked is { } chain ? [chain] : [], cancellationToken);
    }

    /// <summary>The node of one <c>--rpc</c> with the chain that it really is, which has to be one of those asked for, if any were.</summary>
    /// <exception cref="CliRefusalException">As <see cref="ReadRpcAsync"/>.</exception>
    public static async Task<ReachableNetwork> ReachAsync(CommandContext context, string text, IReadOnlyList<ChainId> asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(asked);
        var url = ReadUrl("--rpc", text);
        var actual = await new JsonRpcChain(CommandContext.Http, url, context.Clock).GetChainIdAsync(cancellationToken);
        return asked.Count == 0 || asked.Contains(actual)
            ? new(actual, url)
            : throw new CliRefusalException(CliResult.Failed("wrong_chain", $"The node is of chain {actual}, not {string.Join(" or ", asked)}.", $"Give the RPC URL of a node of {asked[0]}, or ask for {actual}."));
    }

    /// <summary>A stranger's or a user's text, short and without control characters. 64 hex digits in it may be a private key that was typed where none belongs: they are not repeated into outputs and logs.</summary>
    public static string Shown(string text) => Protocol.Json.UntrustedText.Clean(WithoutKeys(text), 80);

    /// <summary>A text of any length in which no 64 hex digits in a row stand.</summary>
    public static string WithoutKeys(string text) => KeyLike().Replace(text, "(64 hex digits)");

    [GeneratedRegex("(0[xX])?[0-9a-fA-F]{64,}", RegexOptions.ExplicitCapture)]
    private static partial Regex KeyLike();
}
