using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>
/// Key store files of Web3 Secret Storage, version 3: the form that geth, Foundry and ethers read and write. A password gives
/// a key by scrypt (or, in old files, PBKDF2); the key's first half encrypts the secret with AES-128-CTR, its second half and
/// the ciphertext give the MAC by Keccak-256. A password is taken as the UTF-8 of what was typed, without Unicode
/// normalization, as geth and Foundry do. ethers takes its NFKC form: a file that does not open with the password as typed is
/// tried with that form too, where the two differ; that takes as long again.
/// </summary>
public static class KeyStoreV3
{
    private const int DerivedKeySize = 32;

    private const int AesBlockSize = 16;

    /// <summary>
    /// Opens a file, given whole as UTF-8 JSON of at most 64 KiB. Takes as long as the file's cost says, within
    /// <paramref name="limits"/> (default <see cref="KeyStoreLimits.Default"/>). The key is the caller's to dispose.
    /// </summary>
    public static bool TryDecrypt(
        ReadOnlySpan<byte> utf8Json,
        ReadOnlySpan<char> password,
        [NotNullWhen(true)] out PrivateKey? key,
        [NotNullWhen(false)] out KeyStoreRefusal? refusal,
        KeyStoreLimits? limits = null)
    {
        key = null;
        try
        {
            KeyStoreFile file = KeyStoreFile.Read(utf8Json);
            refusal = CheckCost(file, limits ?? KeyStoreLimits.Default) ?? Open(file, password, out key);
        }
        catch (KeyStoreFile.RefusedException e)
        {
            refusal = e.Refusal;
        }

        return key is not null;
    }

    /// <summary>
    /// The account that a file claims to hold, without opening it; it is only proven by <see cref="TryDecrypt"/>. False for a
    /// malformed file and for one that leaves the address out.
    /// </summary>
    public static bool TryReadAddress(ReadOnlySpan<byte> utf8Json, out Address address)
    {
        address = default;
        try
        {
            if (KeyStoreFile.Read(utf8Json).Address is not { } claimed)
            {
                return false;
            }

            address = claimed;
            return true;
        }
        catch (KeyStoreFile.RefusedException)
        {
            return false;
        }
    }

    /// <summary>
    /// The file for a key, as UTF-8 JSON, in the shape that geth writes: lower-case address without 0x, <c>crypto</c>, a random
    /// (version 4) UUID. Salt, IV and id come from <paramref name="random"/>, which must be cryptographically strong.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The cost is not one of scrypt's.</exception>
    public static byte[] Encrypt(PrivateKey key, ReadOnlySpan<char> password, IRandom random, ScryptCost? cost = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(random);
        cost ??= ScryptCost.Standard;
        Span<byte> salt = stackalloc byte[32];
        Span<byte> iv = stackalloc byte[AesBlockSize];
        Span<byte> id = stackalloc byte[16];
        random.Fill(salt);
        random.Fill(iv);
        random.Fill(id);

        Span<byte> derived = stackalloc byte[DerivedKeySize];
        Span<byte> text = stackalloc byte[PrivateKey.Size];
        Span<byte> mac = stackalloc byte[Keccak256.DigestSize];
        byte[] utf8 = EncodePassword(password);
        try
        {
            Scrypt.DeriveKey(utf8, salt, cost.N, cost.R, cost.P, derived);
            key.ExportBytes(text);
            ApplyKeyStream(derived[..16], iv, text);
            ComputeMac(derived, text, mac);
            return Write(key.Address, salt, iv, text, mac, FormatId(id), cost);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static KeyStoreRefusal.CostRefused? CheckCost(KeyStoreFile file, KeyStoreLimits limits)
    {
        if (file.Scrypt is { } scrypt)
        {
            Int128 bytes = (Int128)128 * scrypt.N * scrypt.R * scrypt.P;
            if (bytes > limits.MaxScryptBytes)
            {
                return new KeyStoreRefusal.CostRefused((long)Int128.Min(bytes, long.MaxValue), limits.MaxScryptBytes, "bytes");
            }
        }

        return file.Pbkdf2Iterations > limits.MaxPbkdf2Iterations
            ? new KeyStoreRefusal.CostRefused(file.Pbkdf2Iterations, limits.MaxPbkdf2Iterations, "iterations")
            : null;
    }

    private static KeyStoreRefusal? Open(KeyStoreFile file, ReadOnlySpan<char> password, out PrivateKey? key)
    {
        key = null;
        Span<byte> derived = stackalloc byte[DerivedKeySize];
        Span<byte> text = stackalloc byte[PrivateKey.Size];
        byte[] utf8 = EncodePassword(password);
        byte[]? normalized = null;
        try
        {
            bool opens = TryDerive(file, utf8, derived)
                || (CompatibilityComposition.TryEncode(password, out normalized) && !normalized.AsSpan().SequenceEqual(utf8)
                    && TryDerive(file, normalized, derived));
            if (!opens)
            {
                return new KeyStoreRefusal.WrongPassword();
            }

            file.Ciphertext.CopyTo(text);
            ApplyKeyStream(derived[..16], file.Iv, text);
            if (!PrivateKey.TryFromBytes(text, out PrivateKey? opened))
            {
                return new KeyStoreRefusal.Malformed("crypto.ciphertext", "what it holds is no private key");
            }

            if (file.Address is { } claimed && claimed != opened.Address)
            {
                opened.Dispose();
                return new KeyStoreRefusal.Malformed("address", "the key inside belongs to another account");
            }

            key = opened;
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
            CryptographicOperations.ZeroMemory(normalized);
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Derives the key of a password and says whether it is the file's, by the MAC.</summary>
    private static bool TryDerive(KeyStoreFile file, ReadOnlySpan<byte> password, Span<byte> derived)
    {
        if (file.Scrypt is { } scrypt)
        {
            Scrypt.DeriveKey(password, file.Salt, scrypt.N, scrypt.R, scrypt.P, derived);
        }
        else
        {
            Rfc2898DeriveBytes.Pbkdf2(password, file.Salt, derived, file.Pbkdf2Iterations, HashAlgorithmName.SHA256);
        }

        Span<byte> mac = stackalloc byte[Keccak256.DigestSize];
        ComputeMac(derived, file.Ciphertext, mac);
        return CryptographicOperations.FixedTimeEquals(mac, file.Mac);
    }

    private static byte[] EncodePassword(ReadOnlySpan<char> password)
    {
        byte[] utf8 = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(password), pinned: true);
        _ = Encoding.UTF8.GetBytes(password, utf8);
        return utf8;
    }

    private static void ComputeMac(ReadOnlySpan<byte> derived, ReadOnlySpan<byte> ciphertext, Span<byte> mac)
    {
        Span<byte> input = stackalloc byte[16 + PrivateKey.Size];
        derived[16..].CopyTo(input);
        ciphertext.CopyTo(input[16..]);
        Keccak256.Hash(input, mac);
        CryptographicOperations.ZeroMemory(input);
    }

    /// <summary>AES-128-CTR (NIST SP 800-38A, 6.5) over 32 bytes: the counter is the whole block, big-endian, and wraps.</summary>
    private static void ApplyKeyStream(ReadOnlySpan<byte> key16, ReadOnlySpan<byte> iv, Span<byte> text32)
    {
        Span<byte> counters = stackalloc byte[2 * AesBlockSize];
        Span<byte> stream = stackalloc byte[2 * AesBlockSize];
        iv.CopyTo(counters);
        iv.CopyTo(counters[AesBlockSize..]);
        for (int i = (2 * AesBlockSize) - 1; i >= AesBlockSize; i--)
        {
            counters[i] = unchecked((byte)(counters[i] + 1)); // the carry runs on while a byte wraps to 0
            if (counters[i] != 0)
            {
                break;
            }
        }

        using Aes aes = Aes.Create();
        aes.SetKey(key16);
        _ = aes.EncryptEcb(counters, stream, PaddingMode.None);
        for (int i = 0; i < text32.Length; i++)
        {
            text32[i] ^= stream[i];
        }

        CryptographicOperations.ZeroMemory(stream);
    }

    private static string FormatId(Span<byte> random16)
    {
        random16[6] = (byte)((random16[6] & 0x0F) | 0x40);
        random16[8] = (byte)((random16[8] & 0x3F) | 0x80);
        return new Guid(random16, bigEndian: true).ToString("D");
    }

    private static byte[] Write(
        in Address address,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> iv,
        ReadOnlySpan<byte> ciphertext,
        ReadOnlySpan<byte> mac,
        string id,
        ScryptCost cost)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("address", Convert.ToHexStringLower(address.Bytes));
            json.WriteStartObject("crypto");
            json.WriteString("cipher", "aes-128-ctr");
            json.WriteString("ciphertext", Convert.ToHexStringLower(ciphertext));
            json.WriteStartObject("cipherparams");
            json.WriteString("iv", Convert.ToHexStringLower(iv));
            json.WriteEndObject();
            json.WriteString("kdf", "scrypt");
            json.WriteStartObject("kdfparams");
            json.WriteNumber("dklen", DerivedKeySize);
            json.WriteNumber("n", cost.N);
            json.WriteNumber("p", cost.P);
            json.WriteNumber("r", cost.R);
            json.WriteString("salt", Convert.ToHexStringLower(salt));
            json.WriteEndObject();
            json.WriteString("mac", Convert.ToHexStringLower(mac));
            json.WriteEndObject();
            json.WriteString("id", id);
            json.WriteNumber("version", 3);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
