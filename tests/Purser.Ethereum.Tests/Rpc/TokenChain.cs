using System.Text.Json;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>A sandbox chain on a port with the test dollar on it, of which Alice holds 1,000; and a client.</summary>
internal sealed class TokenChain : IAsyncDisposable
{
    private readonly SandboxClock _clock;
    private readonly HttpClient _http = new();

    private TokenChain(SandboxChain chain, SandboxClock clock, SandboxNode node)
    {
        _clock = clock;
        Sandbox = chain;
        Node = node;
        Rpc = new(_http, node.Url, TimeProvider.System);
    }

    internal static PrivateKey Alice { get; } = PrivateKey.FromBytes(Hex.Decode("0x0000000000000000000000000000000000000000000000000000000000000a11"));

    internal static Address Bob { get; } = Address.Parse("0x0000000000000000000000000000000000000b0b");

    internal SandboxChain Sandbox { get; }

    internal SandboxNode Node { get; }

    internal JsonRpcChain Rpc { get; }

    internal Contract Token { get; private set; } = null!;

    internal static async Task<TokenChain> StartAsync()
    {
        var clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var chain = SandboxChain.Open(new() { Genesis = [new(Alice.Address) { Balance = UInt256.Parse("1000000000000000000000") }] }, clock);
        var world = new TokenChain(chain, clock, await SandboxNode.StartAsync(chain));
        var deployed = await world.SendAsync(new CallRequest { From = Alice.Address, Data = Creation() });
        world.Token = new(world.Rpc, deployed.ContractAddress!.Value,
            "function symbol() view returns (string)", "function decimals() view returns (uint8)", "function balanceOf(address owner) view returns (uint256)",
            "function mint(address to, uint256 value)", "function transfer(address to, uint256 value) returns (bool)", "function transfer(address to)",
            "event Transfer(address indexed from, address indexed to, uint256 value)", "error NotMinter(address caller)");
        await world.SendAsync(await world.Token.PrepareAsync(Alice.Address, "mint", Alice.Address, 1_000_000_000UL));
        return world;
    }

    internal async Task<TransactionReceipt> SendAsync(CallRequest request) => await SendAsync(await Rpc.PrepareAsync(request));

    internal async Task<TransactionReceipt> SendAsync(Transaction transaction)
    {
        var hash = await Rpc.SendAsync(transaction.Sign(Alice));
        return await Rpc.WaitForReceiptAsync(hash, TimeProvider.System, TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Node.DisposeAsync();
        Sandbox.Dispose();
        _clock.Dispose();
    }

    // The creation code that the compiler made of contracts/src/TestUSD.sol, with Alice as the minter.
    private static byte[] Creation()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Purser.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No Purser.slnx above {AppContext.BaseDirectory}.");
        }
        using var artifact = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.FullName, "src/Purser.Protocol/Contracts/artifacts/TestUSD.json")));
        return [.. Hex.Decode(artifact.RootElement.GetProperty("creationCode").GetString()), .. AbiParameters.Parse("(address)").Encode(Alice.Address)];
    }
}
