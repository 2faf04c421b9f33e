using System.CommandLine;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Custodian;
using Purser.Wallet.Keys.External;

namespace Purser.Cli.Commands;

/// <summary>
/// The ways by which an account comes into the data folder: <c>wallet new [--mnemonic]</c> and <c>wallet import</c> of a key, a mnemonic, an
/// external signer's account or a custodian's. Secrets come by prompt, file, descriptor or standard input, never as a flag's value.
/// </summary>
internal sealed class WalletImport
{
    private readonly Option<string?> _keyFile = new("--key-file") { Description = "Reads the key (64 hex digits), or with --mnemonic the words, from this file; otherwise from standard input or by prompt.", HelpName = "FILE" };
    private readonly Option<bool> _mnemonic = new("--mnemonic") { Description = "The secret is a mnemonic of 12 to 24 English words (BIP-39)." };
    private readonly Option<string?> _path = new("--path") { Description = "The account's place under the mnemonic (default m/44'/60'/0'/0/0).", HelpName = "PATH" };
    private readonly Option<bool> _passphrase = new("--passphrase") { Description = "The mnemonic has a passphrase too: it is asked for (on the next line of standard input when that is no terminal)." };
    private readonly Option<string?> _passphraseFile = new("--passphrase-file") { Description = "Reads the mnemonic's passphrase from the first line of this file.", HelpName = "FILE" };
    private readonly Option<string?> _external = new("--external") { Description = "The key lies with a signer that speaks JSON-RPC at this URL (https, or http on this machine); give --address.", HelpName = "URL" };
    private readonly Option<string?> _address = new("--address") { Description = "The account of --external or --watch, or the one that --custodian must have.", HelpName = "ADDRESS" };
    private readonly Option<bool> _allowHttp = new("--allow-http") { Description = "Lets --external be http on another machine: only where the way there is safe by itself." };
    private readonly Option<bool> _custodian = new("--custodian") { Description = $"The key lies with the custodian Bankr; the API key is asked for as a password is, {AccountUnlock.ApiKeyVariable} last." };
    private readonly Option<string?> _custodianUrl = new("--custodian-url") { Description = $"Where the custodian is (default {BankrOptions.DefaultUrl.AbsoluteUri}).", HelpName = "URL" };
    private readonly Option<bool> _watch = new("--watch") { Description = "Only looks at the account of --address: nothing can be signed for it." };
    private readonly Option<string?> _passwordFile = Passwords.FileOption();
    private readonly Option<int?> _passwordFd = Passwords.DescriptorOption();

    /// <summary>The flags of <c>wallet import</c>.</summary>
    public Symbol[] Symbols => [_keyFile, _mnemonic, _path, _passphrase, _passphraseFile, _external, _address, _allowHttp, _custodian, _custodianUrl, _watch, _passwordFile, _passwordFd];

    /// <summary>Makes the account that the flags say.</summary>
    public async Task<AccountInfo> TakeInAsync(CommandContext context, DataSession session, string name, CancellationToken cancellationToken)
    {
        var parsed = context.Parsed;
        if (new[] { parsed.GetValue(_mnemonic), parsed.GetValue(_external) is not null, parsed.GetValue(_custodian), parsed.GetValue(_watch) }.Count(chosen => chosen) > 1)
        {
            throw new CliRefusalException(CliResult.Usage("usage", "--mnemonic, --external, --custodian and --watch exclude each other.", "Say where the account's key is, once."));
        }

        if (parsed.GetValue(_watch))
        {
            return parsed.GetValue(_address) is { } watched
                ? DataSession.Take(session.KeyStores.AddWatched(name, SharedFlags.ReadAddress("--address", watched)))
                : throw new CliRefusalException(CliResult.Usage("address_missing", "--watch needs --address.", "Name the account that is to be looked at."));
        }

        if (parsed.GetValue(_external) is { } url)
        {
            return await ExternalAsync(context, session, name, SharedFlags.ReadUrl("--external", url), cancellationToken);
        }

        if (parsed.GetValue(_custodian))
        {
            return await CustodianAsync(context, session, name, cancellationToken);
        }

        using var key = parsed.GetValue(_mnemonic) ? ReadMnemonic(context) : ReadKey(context);
        using var password = Passwords.ReadNew(context, _passwordFile, _passwordFd, name);
        return DataSession.Take(session.KeyStores.Import(name, key, password.Span));
    }

    /// <summary>Makes a mnemonic, shows it once at the terminal, and keeps its first account under a password. Nothing is kept until the human says that the words are written down.</summary>
    /// <exception cref="CliRefusalException">There is no terminal (<c>terminal_required</c>, exit 2): the words must not end in a pipe or a log.</exception>
    public static AccountInfo MakeMnemonic(CommandContext context, DataSession session, string name, Option<string?> passwordFile, Option<int?> passwordFd)
    {
        if (!context.Console.InputIsTerminal || context.Console.Terminal is not { } terminal)
        {
            throw new CliRefusalException(CliResult.Usage("terminal_required", "A mnemonic is shown at a terminal only, and standard input is none.", "Run it at a terminal, or make a single key without --mnemonic."));
        }

        using var password = Passwords.ReadNew(context, passwordFile, passwordFd, name);
        var words = Mnemonic.Generate(context.Random);
        try
        {
            terminal.WriteLine("Write these words down, in this order. Who has them has the account; they are shown once and kept nowhere.");
            terminal.WriteLine(new string(words));
            if (terminal.ReadSecret("Press Enter when they are written down (Ctrl-D gives up): ", 1) is null)
            {
                throw new CliRefusalException(CliResult.Failed("cancelled", "The words were given up.", "Run it again; nothing was kept."));
            }

            using var root = HdKey.FromMnemonic(words);
            using var key = root.Derive(HdPath.FirstAccount);
            return DataSession.Take(session.KeyStores.Import(name, key, password.Span));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words.AsSpan()));
        }
    }

    private async Task<AccountInfo> ExternalAsync(CommandContext context, DataSession session, string name, Uri url, CancellationToken cancellationToken)
    {
        var parsed = context.Parsed;
        if (parsed.GetValue(_address) is not { } text)
        {
            throw new CliRefusalException(CliResult.Usage("address_missing", "--external needs --address.", "Name the signer's account that is meant."));
        }

        var remote = new RemoteAccount(AccountKind.External, SharedFlags.ReadAddress("--address", text), url, parsed.GetValue(_allowHttp));
        Refuse(JsonRpcSigner.CheckUrl(url, remote.AllowPlainHttp));
        using var signer = new JsonRpcSigner(CommandContext.Http, url, remote.Address, context.Clock, new() { AllowPlainHttp = remote.AllowPlainHttp });
        Refuse(await signer.CheckAccountAsync(cancellationToken));
        return DataSession.Take(session.KeyStores.AddRemote(name, remote));
    }

    private async Task<AccountInfo> CustodianAsync(CommandContext context, DataSession session, string name, CancellationToken cancellationToken)
    {
        var url = context.Parsed.GetValue(_custodianUrl) is { } given ? SharedFlags.ReadUrl("--custodian-url", given) : BankrOptions.DefaultUrl;
        Address? expected = context.Parsed.GetValue(_address) is { } text ? SharedFlags.ReadAddress("--address", text) : null;
        using var custodian = await AccountUnlock.CustodianAsync(context, url, expected, _passwordFile, _passwordFd, name, cancellationToken);
        return DataSession.Take(session.KeyStores.AddRemote(name, new(AccountKind.Custodian, custodian.Address, url)));
    }

    private static void Refuse(Wallet.WalletRefusal? refusal)
    {
        if (refusal is not null)
        {
            throw new CliRefusalException(WalletRefusals.ToResult(refusal));
        }
    }

    private PrivateKey ReadMnemonic(CommandContext context)
    {
        var parsed = context.Parsed;
        if (!HdPath.TryParse(parsed.GetValue(_path) ?? HdPath.FirstAccount.ToString(), out var path))
        {
            throw new CliRefusalException(CliResult.Usage("path_invalid", $"--path is no derivation path: '{SharedFlags.Shown(parsed.GetValue(_path)!)}'", "Write it as m/44'/60'/0'/0/1."));
        }

        // People paste them with blanks doubled; between the words one counts.
        using var typed = Passwords.ReadSecret(context, parsed.GetValue(_keyFile), "Mnemonic (12 to 24 words, not shown): ");
        var room = GC.AllocateArray<char>(typed.Span.Length, pinned: true);
        try
        {
            var words = room.AsSpan(0, Tidy(typed.Span, room));
            if (Mnemonic.Validate(words) is { } wrong)
            {
                throw new CliRefusalException(CliResult.Usage(wrong.Code, wrong.Message, wrong.Hint));
            }

            using var passphrase = parsed.GetValue(_passphraseFile) is { } file ? Passwords.ReadSecret(context, file, "")
                : parsed.GetValue(_passphrase) ? Passwords.ReadSecret(context, null, "The mnemonic's passphrase: ")
                : SecretText.Of("");
            using var root = HdKey.FromMnemonic(words, passphrase.Span);
            return root.Derive(path);
        }
        catch (ArgumentException)
        {
            throw new CliRefusalException(CliResult.Usage("passphrase_invalid", "The passphrase is no well-formed text.", "Type it again."));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(room.AsSpan()));
        }
    }

    private static int Tidy(ReadOnlySpan<char> text, Span<char> words)
    {
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
            {
                words[length++] = c;
            }
            else if (length > 0 && words[length - 1] != ' ')
            {
                words[length++] = ' ';
            }
        }

        return length > 0 && words[length - 1] == ' ' ? length - 1 : length;
    }

    private PrivateKey ReadKey(CommandContext context)
    {
        using var text = Passwords.ReadSecret(context, context.Parsed.GetValue(_keyFile), "Private key (64 hex digits, not shown): ");
        var digits = text.Span.Trim();
        digits = digits.StartsWith("0x") ? digits[2..] : digits;
        Span<byte> bytes = stackalloc byte[PrivateKey.Size];
        try
        {
            return digits.Length == 2 * PrivateKey.Size && Convert.FromHexString(digits, bytes, out _, out _) is System.Buffers.OperationStatus.Done && PrivateKey.TryFromBytes(bytes, out var key)
                ? key
                : throw new CliRefusalException(CliResult.Usage("key_invalid", "That is no private key: 64 hex digits of a number from 1 to the group's order less one.", "Check the file or what was typed; it is not shown here."));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
