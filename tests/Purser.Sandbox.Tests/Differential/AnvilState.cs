using System.IO.Compression;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>An account of an anvil's dump; slots of value 0 are left out.</summary>
internal sealed record AnvilAccount(ulong Nonce, UInt256 Balance, byte[] Code, Dictionary<UInt256, UInt256> Storage);

/// <summary>All accounts of an anvil that are not empty in the sense of EIP-161, and the root of their trie as the sandbox computes it.</summary>
internal sealed record AnvilState(Dictionary<Address, AnvilAccount> Accounts, StateRoot Root)
{
    /// <summary>Reads the answer of <c>anvil_dumpState</c>: JSON in gzip in hexadecimal.</summary>
    public static AnvilState Read(JsonElement dump)
    {
        using var unpacked = new GZipStream(new MemoryStream(Hex.Decode(dump.GetString()!)), CompressionMode.Decompress);
        using var document = JsonDocument.Parse(unpacked);
        var accounts = new Dictionary<Address, AnvilAccount>();
        var root = StateRoot.Empty;
        foreach (var entry in document.RootElement.GetProperty("accounts").EnumerateObject())
        {
            var account = new AnvilAccount(entry.Value.GetProperty("nonce").GetUInt64(), Number(entry.Value.GetProperty("balance").GetString()!), Hex.Decode(entry.Value.GetProperty("code").GetString()!),
                entry.Value.GetProperty("storage").EnumerateObject().Select(s => (Slot: Number(s.Name), Value: Number(s.Value.GetString()!))).Where(s => !s.Value.IsZero).ToDictionary(s => s.Slot, s => s.Value));
            if (account is { Nonce: 0, Balance.IsZero: true, Code.Length: 0 })
            {
                continue;
            }
            var address = Address.Parse(entry.Name);
            accounts.Add(address, account);
            root = root.With(address, AccountLeaf.Make(account.Nonce, account.Balance, account.Code, account.Storage));
        }
        return new(accounts, root);
    }

    private static UInt256 Number(string hex) => UInt256.Parse(hex);
}
