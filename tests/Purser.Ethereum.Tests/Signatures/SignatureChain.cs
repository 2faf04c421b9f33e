using System.Text.Json;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;

namespace Purser.Ethereum.Tests.Signatures;

/// <summary>A sandbox chain with the wallets and the factory of <c>contracts/test/payers</c>, asked in process and, where a node was started, by JSON-RPC too.</summary>
internal sealed class SignatureChain : IAsyncDisposable
{
    internal static readonly Hash32 Digest = Keccak256.Hash("a statement"u8);
    internal static readonly AccountSignatureOptions Open = new() { Factories = FactoryRule.Any };

    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly HttpClient _http = new();
    private SandboxNode? _node;

    private SignatureChain(ulong chainId) => Chain = SandboxChain.Open(
        new() { ChainId = new(chainId), Genesis = [new(Deployer.Address) { Balance = UInt256.Parse("1000000000000000000000") }] }, _clock);

    internal static PrivateKey Deployer { get; } = Key("deployer");

    internal static PrivateKey Owner { get; } = Key("owner");

    internal static PrivateKey Stranger { get; } = Key("stranger");

    internal SandboxChain Chain { get; }

    internal JsonRpcChain? Remote { get; private set; }

    internal Contract Factory { get; private set; } = null!;

    internal static PrivateKey Key(string name) => PrivateKey.FromBytes(Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(name)).Bytes);

    internal static async Task<SignatureChain> StartAsync(ulong chainId = 31337, bool node = true)
    {
        var world = new SignatureChain(chainId);
        if (node)
        {
            world._node = await SandboxNode.StartAsync(world.Chain);
            world.Remote = new(world._http, world._node.Url, TimeProvider.System);
        }
        world.Factory = new(world.Chain, await world.DeployAsync("WalletFactory"),
            "function create(address[] owners, bytes32 salt)", "function addressOf(address[] owners, bytes32 salt) returns (address)",
            "function createElsewhere(address[] owners, bytes32 salt)", "function createAndRevert(address[] owners, bytes32 salt)",
            "function createAndBurn(address[] owners, bytes32 salt)", "function createAndReturnMuch(address[] owners, bytes32 salt)",
            "function setOwners(address wallet, address[] owners)");
        return world;
    }

    /// <summary>The verdict in process, after it was held equal to the one over JSON-RPC, and after nothing of it stayed on the chain.</summary>
    internal async Task<SignatureVerdict> JudgeAsync(Address account, byte[] signature, AccountSignatureOptions? options = null, Hash32? digest = null)
    {
        var height = await Chain.GetBlockNumberAsync(TestContext.Current.CancellationToken);
        var code = await Chain.GetCodeAsync(account, cancellationToken: TestContext.Current.CancellationToken);
        var verdict = await AccountSignature.VerifyAsync(Chain, account, digest ?? Digest, signature, options ?? new(), TestContext.Current.CancellationToken);
        if (Remote is not null)
        {
            (await AccountSignature.VerifyAsync(Remote, account, digest ?? Digest, signature, options ?? new(), TestContext.Current.CancellationToken)).ShouldBe(verdict);
        }
        (await Chain.GetBlockNumberAsync(TestContext.Current.CancellationToken)).ShouldBe(height);
        (await Chain.GetCodeAsync(account, cancellationToken: TestContext.Current.CancellationToken)).ShouldBe(code);
        return verdict;
    }

    /// <summary>Where the factory puts the wallet of the owner's key.</summary>
    internal Task<Address> WalletAsync(Hash32 salt = default) => Factory.CallAsync<Address>("addressOf", new object[] { Owner.Address }, salt);

    /// <summary>The owner's signature, wrapped with a call to the factory.</summary>
    internal byte[] Wrap(string function, byte[] inner, Hash32 salt = default) =>
        new WrappedSignature(Factory.Address, Factory.Function(function).Encode(new object[] { Owner.Address }, salt), inner).Encode();

    internal async Task<Address> DeployAsync(string contract, byte[]? arguments = null) => (await SendAsync(new CallRequest { Data = (byte[])[.. Creation(contract), .. arguments ?? []] })).ContractAddress!.Value;

    /// <summary>Puts code on the chain as it is.</summary>
    internal async Task<Address> DeployCodeAsync(string hex)
    {
        var runtime = Convert.FromHexString(hex);
        byte[] creation = [0x61, (byte)(runtime.Length >> 8), (byte)(runtime.Length & 0xff), 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3, .. runtime];
        return (await SendAsync(new CallRequest { Data = creation })).ContractAddress!.Value;
    }

    internal async Task<TransactionReceipt> SendAsync(CallRequest request)
    {
        var transaction = await Chain.PrepareAsync(request with { From = Deployer.Address });
        var receipt = await Chain.WaitForReceiptAsync(await Chain.SendAsync(transaction.Sign(Deployer)), TimeProvider.System, TimeSpan.FromSeconds(30));
        receipt.Succeeded.ShouldBeTrue();
        return receipt;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
        Chain.Dispose();
        _clock.Dispose();
    }

    private static byte[] Creation(string contract)
    {
        using var artifact = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Signatures", "artifacts", $"{contract}.json")));
        return Hex.Decode(artifact.RootElement.GetProperty("creationCode").GetString());
    }
}
