namespace Purser.Ethereum;

/// <summary>The four bytes by which functions and errors are told apart.</summary>
internal static class AbiSelector
{
    internal static byte[] Of(string signature) => Keccak256.Hash(StrictUtf8.Encoding.GetBytes(signature)).Bytes[..4].ToArray();
}
