using System.Text.Json;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

/// <summary>The two paths that every curve test runs on.</summary>
public static class Backends
{
    public static TheoryData<string> Both => ["libsecp256k1", "managed+openssl"];

    /// <summary>Whether the large numbers are asked for (<c>./test long</c>).</summary>
    internal static bool LongTier => Environment.GetEnvironmentVariable("PURSER_TIER") == "long";

    internal static ISecp256k1 Get(string name)
    {
        if (name == Secp256k1.Managed.Name)
        {
            return Secp256k1.Managed;
        }

        Require.Component("libsecp256k1", Secp256k1.Native is not null, "apt-get install libsecp256k1-1");
        return Secp256k1.Native!;
    }

    /// <summary>The bytes of a hex text without 0x, or with it.</summary>
    internal static byte[] Bytes(string hex) => Convert.FromHexString(hex.StartsWith("0x", StringComparison.Ordinal) ? hex[2..] : hex);

    internal static byte[] Bytes(this JsonElement element, string member) => Bytes(element.GetProperty(member).GetString()!);
}
