using System.Text.Json;
using System.Text.Unicode;

namespace Purser.Ethereum;

/// <summary>
/// A V3 key store file read strictly into its parts, before any password is tried. Refused: duplicate members, a missing
/// member, another JSON type, hex that is odd or of another length than its meaning, an unknown cipher or derivation.
/// Members that nothing here needs (wallet names, <c>x-ethers</c>) are let pass.
/// </summary>
internal sealed class KeyStoreFile
{
    /// <summary>A V3 file is about 500 bytes; wallets add a little of their own.</summary>
    internal const int MaxBytes = 64 * 1024;

    private const int MaxSaltBytes = 256;

    /// <summary>The account that the file claims to hold; some wallets leave it out.</summary>
    internal Address? Address { get; private init; }

    /// <summary>AES-128-CTR's first counter block, 16 bytes.</summary>
    internal required byte[] Iv { get; init; }

    /// <summary>32 bytes.</summary>
    internal required byte[] Ciphertext { get; init; }

    /// <summary>32 bytes.</summary>
    internal required byte[] Mac { get; init; }

    internal required byte[] Salt { get; init; }

    /// <summary>Set for scrypt, else null.</summary>
    internal ScryptCost? Scrypt { get; private init; }

    /// <summary>Set for PBKDF2 with HMAC-SHA256, else 0.</summary>
    internal int Pbkdf2Iterations { get; private init; }

    /// <summary>Reads a file; throws the refusal in a <see cref="RefusedException"/>, which does not leave this assembly.</summary>
    internal static KeyStoreFile Read(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.Length > MaxBytes)
        {
            throw Malformed("$", $"{utf8Json.Length} bytes are more than {MaxBytes}");
        }

        if (!Utf8.IsValid(utf8Json))
        {
            throw Malformed("$", "it is no UTF-8");
        }

        using JsonDocument document = Parse(utf8Json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("$", "it is no JSON object");
        }

        if (Integer(root, "version", "version") != 3)
        {
            throw Malformed("version", "only version 3 is known");
        }

        // ethers writes Crypto, geth and Foundry crypto.
        bool lower = root.TryGetProperty("crypto", out JsonElement crypto);
        if (root.TryGetProperty("Crypto", out JsonElement upper))
        {
            if (lower)
            {
                throw Malformed("Crypto", "crypto stands beside it");
            }

            crypto = upper;
        }
        else if (!lower)
        {
            throw Malformed("crypto", "it is missing");
        }

        RequireText(crypto, "cipher", "crypto.cipher", "aes-128-ctr");
        JsonElement cipherParameters = Object(crypto, "cipherparams", "crypto.cipherparams");
        JsonElement parameters = Object(crypto, "kdfparams", "crypto.kdfparams");
        if (Integer(parameters, "dklen", "crypto.kdfparams.dklen") != 32)
        {
            throw Malformed("crypto.kdfparams.dklen", "it is not 32");
        }

        string derivation = Text(crypto, "kdf", "crypto.kdf");
        return new KeyStoreFile
        {
            Address = ReadAddress(root),
            Iv = Bytes(cipherParameters, "iv", "crypto.cipherparams.iv", 16, 16),
            Ciphertext = Bytes(crypto, "ciphertext", "crypto.ciphertext", 32, 32),
            Mac = Bytes(crypto, "mac", "crypto.mac", 32, 32),
            Salt = Bytes(parameters, "salt", "crypto.kdfparams.salt", 0, MaxSaltBytes),
            Scrypt = derivation == "scrypt" ? ReadScrypt(parameters) : null,
            Pbkdf2Iterations = derivation switch
            {
                "scrypt" => 0,
                "pbkdf2" => ReadPbkdf2(parameters),
                _ => throw Malformed("crypto.kdf", "it is neither scrypt nor pbkdf2"),
            },
        };
    }

    private static JsonDocument Parse(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            JsonDocumentOptions options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
            return JsonDocument.Parse(utf8Json.ToArray(), options);
        }
        catch (InvalidOperationException)
        {
            // The search for members that stand twice reads their names, and JSON can spell half a surrogate pair in one.
            throw Malformed("$", "a member's name in it holds half a surrogate pair");
        }
        catch (JsonException e)
        {
            throw Malformed("$", e.LineNumber is { } line
                ? $"it is no strict JSON at line {line + 1}, byte {e.BytePositionInLine + 1}"
                : "it is no strict JSON, or a member stands in it twice");
        }
    }

    private static ScryptCost ReadScrypt(JsonElement parameters)
    {
        int n = Positive(parameters, "n");
        if (n < 2 || !int.IsPow2(n))
        {
            throw Malformed("crypto.kdfparams.n", "it is no power of two above 1");
        }

        return new ScryptCost(n, Positive(parameters, "r"), Positive(parameters, "p"));
    }

    private static int ReadPbkdf2(JsonElement parameters)
    {
        RequireText(parameters, "prf", "crypto.kdfparams.prf", "hmac-sha256");
        return Positive(parameters, "c");
    }

    private static Address? ReadAddress(JsonElement root)
    {
        if (!root.TryGetProperty("address", out JsonElement member))
        {
            return null;
        }

        string? text = Words(member);
        if (text is not null && !text.StartsWith("0x", StringComparison.Ordinal))
        {
            text = "0x" + text;
        }

        return Ethereum.Address.TryParse(text, out Address address)
            ? address
            : throw Malformed("address", "it is no address of 40 hex digits");
    }

    private static int Positive(JsonElement parameters, string name)
    {
        string path = "crypto.kdfparams." + name;
        int value = Integer(parameters, name, path);
        return value > 0 ? value : throw Malformed(path, "it is under 1");
    }

    private static int Integer(JsonElement parent, string name, string path)
    {
        JsonElement member = Member(parent, name, path);
        return member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out int value)
            ? value
            : throw Malformed(path, "it is no whole number of 31 bits");
    }

    private static string Text(JsonElement parent, string name, string path)
    {
        JsonElement member = Member(parent, name, path);
        return Words(member) ?? throw Malformed(path, "it is no text");
    }

    // Null for what is no text; so is half a surrogate pair, which JSON can spell (RFC 8259, section 8.2).
    private static string? Words(JsonElement member)
    {
        try
        {
            return member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static void RequireText(JsonElement parent, string name, string path, string expected)
    {
        if (Text(parent, name, path) != expected)
        {
            throw Malformed(path, $"it is not {expected}");
        }
    }

    private static JsonElement Object(JsonElement parent, string name, string path)
    {
        JsonElement member = Member(parent, name, path);
        return member.ValueKind == JsonValueKind.Object ? member : throw Malformed(path, "it is no object");
    }

    private static JsonElement Member(JsonElement parent, string name, string path)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(path[..path.LastIndexOf('.')], "it is no object");
        }

        return parent.TryGetProperty(name, out JsonElement member) ? member : throw Malformed(path, "it is missing");
    }

    private static byte[] Bytes(JsonElement parent, string name, string path, int least, int most)
    {
        string text = Text(parent, name, path);
        byte[] bytes = new byte[text.Length / 2];
        if (text.Length % 2 != 0
            || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            throw Malformed(path, "it is no hex of whole bytes");
        }

        return bytes.Length >= least && bytes.Length <= most
            ? bytes
            : throw Malformed(path, least == most ? $"it is not {least} bytes long" : $"it is longer than {most} bytes");
    }

    private static RefusedException Malformed(string member, string reason) => new(new KeyStoreRefusal.Malformed(member, reason));

    /// <summary>Carries a refusal up to <see cref="KeyStoreV3"/>, which makes a value of it.</summary>
    internal sealed class RefusedException(KeyStoreRefusal refusal) : Exception(refusal.Message)
    {
        internal KeyStoreRefusal Refusal { get; } = refusal;
    }
}
