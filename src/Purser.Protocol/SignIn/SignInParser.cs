using System.Globalization;
using Purser.Ethereum;

namespace Purser.Protocol.SignIn;

/// <summary>Reads the lines of an EIP-4361 message in their one order; every line must be used up.</summary>
internal sealed class SignInParser
{
    private readonly string[] _lines;
    private int _at;

    private SignInParser(string text) => _lines = text.Split('\n');

    private string? Next => _at < _lines.Length ? _lines[_at] : null;

    public static SignInReading Parse(string text)
    {
        if (text.Length > SignInMessage.MaxLength)
        {
            return new SignInReading.Refused(new("siwe_too_large", null, $"a message has at most {SignInMessage.MaxLength} characters"));
        }

        var reading = new SignInParser(text).Run();
        // The last word has the writer: whatever was read says the same text again, or it was not read.
        return reading is SignInReading.Read { Message: var message } && message.ToText() != text
            ? Malformed("it is written in another form than EIP-4361 has")
            : reading;
    }

    private static SignInReading.Refused Malformed(string what) => new(new("siwe_malformed", null, $"no EIP-4361 message: {what}"));

    private static SignInReading.Refused Invalid(string field, string expected) => new(SignInRefusal.Invalid(field, expected));

    private SignInReading Run()
    {
        if (Next is not { } first || !first.EndsWith(SignInMessage.Greeting, StringComparison.Ordinal))
        {
            return Malformed("the first line is another");
        }

        _at++;
        var origin = first[..^SignInMessage.Greeting.Length];
        var mark = origin.IndexOf("://", StringComparison.Ordinal);
        var (scheme, domain) = mark < 0 ? (null, origin) : (origin[..mark], origin[(mark + 3)..]);
        if (Next is not { } address || !Address.TryParse(address, out var account) || account.ToString() != address)
        {
            return Invalid("address", "an address with its EIP-55 checksum, alone on the second line");
        }

        _at++;
        if (!TryStatement(out var statement))
        {
            return Malformed("an empty line, the statement if there is one, and an empty line follow the address");
        }

        if (!TryField("URI: ", out var uri) || !TryField("Version: ", out var version) || !TryField("Chain ID: ", out var chainId) || !TryField("Nonce: ", out var nonce)
            || !TryField("Issued At: ", out var issuedAt))
        {
            return Malformed("URI, Version, Chain ID, Nonce and Issued At follow each other, each on its line");
        }

        if (version != "1")
        {
            return Invalid("version", "1");
        }

        // Without leading zeros: one number has one text.
        if (chainId.Length == 0 || chainId[0] == '0' || !chainId.All(char.IsAsciiDigit) || !ulong.TryParse(chainId, NumberStyles.None, CultureInfo.InvariantCulture, out var chain))
        {
            return Invalid("chainId", "a chain's number, 1 or more, without leading zeros");
        }

        var message = new SignInMessage
        {
            Scheme = scheme,
            Domain = domain,
            Address = account,
            Statement = statement,
            Uri = uri,
            ChainId = new(chain),
            Nonce = nonce,
            IssuedAt = issuedAt,
            ExpirationTime = TryField("Expiration Time: ", out var expirationTime) ? expirationTime : null,
            NotBefore = TryField("Not Before: ", out var notBefore) ? notBefore : null,
            RequestId = TryField("Request ID: ", out var requestId) ? requestId : null,
            Resources = ReadResources(),
        };
        if (_at != _lines.Length)
        {
            return Malformed("a line is left over");
        }

        return message.Check() is { } refusal ? new SignInReading.Refused(refusal) : new SignInReading.Read(message);
    }

    // Behind the address: LF [ statement LF ] LF. Two empty lines before the URI are no statement, three an empty one.
    private bool TryStatement(out string? statement)
    {
        statement = null;
        if (Next is not "")
        {
            return false;
        }

        _at++;
        if (Next is "" && _at + 1 < _lines.Length && _lines[_at + 1].StartsWith("URI: ", StringComparison.Ordinal))
        {
            _at++;
            return true;
        }

        statement = Next;
        _at++;
        if (statement is null || Next is not "")
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TryField(string label, out string value)
    {
        if (Next is not { } line || !line.StartsWith(label, StringComparison.Ordinal))
        {
            value = "";
            return false;
        }

        _at++;
        value = line[label.Length..];
        return true;
    }

    private List<string>? ReadResources()
    {
        if (Next is not "Resources:")
        {
            return null;
        }

        _at++;
        var resources = new List<string>();
        while (Next is { } line && line.StartsWith("- ", StringComparison.Ordinal))
        {
            resources.Add(line[2..]);
            _at++;
        }

        return resources;
    }
}
