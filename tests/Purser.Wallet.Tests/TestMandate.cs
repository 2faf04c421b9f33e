using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>A data folder with a policy, a key and a store, as several wallets or processes share it; without a chain.</summary>
internal sealed class TestMandate : IAsyncDisposable
{
    public const string Password = "correct horse";
    public static readonly ChainId Chain = new(84532);

    private readonly bool _owner;
    private readonly IRandom _random;

    private TestMandate(string folder, string storeUrl, Store store, TimeProvider time, KeyRing keys, JournalKey journalKey, IRandom random, bool owner)
    {
        (Folder, StoreUrl, Store, Time, Keys, JournalKey, _random, _owner) = (folder, storeUrl, store, time, keys, journalKey, random, owner);
        Accounts = new KeyStoreDirectory(folder, random, ScryptCost.Light);
        Policy = new PolicyFile(folder, Registry);
        Account = Accounts.Current().ShouldBeOfType<KeyResult<AccountInfo>.Found>().Value.Address;
    }

    public string Folder { get; }

    public string StoreUrl { get; }

    public Store Store { get; }

    public TimeProvider Time { get; }

    public KeyRing Keys { get; }

    public JournalKey JournalKey { get; }

    public KeyStoreDirectory Accounts { get; }

    public PolicyFile Policy { get; }

    public Address Account { get; }

    public static AssetId Token { get; } = new(Chain, Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"));

    public static AssetRegistry Registry { get; } = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Token));

    /// <summary>A fresh folder with one key and the policy.</summary>
    public static async Task<TestMandate> CreateAsync(SpendingPolicy policy, TimeProvider time, string? storeUrl = null, ulong seed = 1)
    {
        var folder = Directory.CreateTempSubdirectory("purser-wallet-").FullName;
        var random = new SeededRandom(seed);
        new KeyStoreDirectory(folder, random, ScryptCost.Light).Create("agent", Password).ShouldBeOfType<KeyResult<AccountInfo>.Found>();
        new PolicyFile(folder, Registry).TryCreate(policy, random).ShouldBeTrue();
        return await OpenAsync(folder, storeUrl ?? $"sqlite:{Path.Combine(folder, "wallet.db")}", time, random, owner: true);
    }

    /// <summary>Another process's view of the same folder.</summary>
    public static Task<TestMandate> OpenAsync(string folder, string storeUrl, TimeProvider time, ulong seed) =>
        OpenAsync(folder, storeUrl, time, new SeededRandom(seed), owner: false);

    public static SpendingPolicy Caps(ulong perPayment, ulong perDay) => new() { Assets = [new(Token, new Caps(PerPayment: perPayment, PerDay: perDay))] };

    public Task<LocalWallet> OpenWalletAsync(IReadOnlyDictionary<ChainId, IChain>? chains = null, AssetRegistry? registry = null, NonceLaneOptions? lanes = null) => LocalWallet.OpenAsync(new()
    {
        Store = Store,
        JournalKey = JournalKey,
        Keys = Keys,
        Policy = registry is null ? Policy : new PolicyFile(Folder, registry),
        Registry = registry ?? Registry,
        Chains = chains ?? new Dictionary<ChainId, IChain>(),
        Time = Time,
        Random = _random,
        AllowOffline = chains is null,
        Lanes = lanes ?? new() { ReceiptWait = TimeSpan.FromSeconds(20) },
    });

    public X402AuthorizationIntent Intent(string id, ulong amount = 1) => new()
    {
        Id = id.PadRight(16, '_'),
        Account = Account,
        Asset = Token,
        PayTo = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"),
        Amount = amount,
        MaxTimeoutSeconds = 300,
        Origin = "http://127.0.0.1:4020",
        Method = "GET",
        Url = "http://127.0.0.1:4020/paid",
        BodyHash = new Hash32(System.Security.Cryptography.SHA256.HashData([])),
    };

    /// <summary>Replaces the policy, as a human does who gives the approver's secret.</summary>
    public async Task EditPolicyAsync(SpendingPolicy policy) =>
        (await (await PolicyKeeper.OpenAsync(Policy, Store, JournalKey, Time)).SetAsync(policy, confirmed: true, _random)).ShouldBeNull();

    /// <summary>Writes the policy over, as an editor does.</summary>
    public void WritePolicy(SpendingPolicy policy) => File.WriteAllBytes(Path.Combine(Folder, PolicyFile.FileName), PolicyJson.Write(policy));

    /// <summary>The policy in force.</summary>
    public Task<PolicyKeeper> OpenPolicyAsync() => PolicyKeeper.OpenAsync(Policy, Store, JournalKey, Time);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Keys.Dispose();
        JournalKey.Dispose();
        if (_owner)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static async Task<TestMandate> OpenAsync(string folder, string storeUrl, TimeProvider time, IRandom random, bool owner)
    {
        var accounts = new KeyStoreDirectory(folder, random, ScryptCost.Light);
        var signer = accounts.Unlock("agent", Password).ShouldBeOfType<KeyResult<ISigner>.Found>().Value;
        var key = JournalKey.LoadOrCreate(folder, random).ShouldBeOfType<KeyResult<JournalKey>.Found>().Value;
        return new(folder, storeUrl, await Store.OpenAsync(Storage.StoreUrl.Parse(storeUrl), time), time, new KeyRing(signer), key, random, owner);
    }
}
