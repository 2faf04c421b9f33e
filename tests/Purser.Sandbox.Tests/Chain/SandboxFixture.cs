using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Tests.Chain;

/// <summary>A chain on a clock that stands still, with two rich accounts.</summary>
public sealed class SandboxFixture : IDisposable
{
    public static readonly UInt256 OneEther = UInt256.Parse("1000000000000000000");
    public static readonly UInt256 Gwei = 1_000_000_000UL;
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SandboxFixture(SandboxOptions? options = null)
    {
        Clock = SandboxClock.StandingAt(Start);
        var given = options ?? new();
        Chain = SandboxChain.Open(given with { Coinbase = Miner, Genesis = [.. Rich(), .. given.Genesis] }, Clock);
    }

    public static PrivateKey Alice { get; } = PrivateKey.FromBytes(Hex.Decode("0x0000000000000000000000000000000000000000000000000000000000000a11"));

    public static PrivateKey Bob { get; } = PrivateKey.FromBytes(Hex.Decode("0x0000000000000000000000000000000000000000000000000000000000000b0b"));

    public static Address Miner { get; } = Address.Parse("0x00000000000000000000000000000000000000fe");

    public SandboxClock Clock { get; }

    public SandboxChain Chain { get; }

    public static IEnumerable<GenesisAccount> Rich() =>
        [new(Alice.Address) { Balance = OneEther * 1000UL }, new(Bob.Address) { Balance = OneEther * 1000UL }];

    public Transaction1559 Transfer(PrivateKey from, Address? to, UInt256 value, byte[]? data = null, ulong gas = 21000, ulong? nonce = null) => new()
    {
        ChainId = Chain.ChainId,
        Nonce = nonce ?? Chain.GetTransactionCountAsync(from.Address, BlockTag.Pending).Result,
        MaxPriorityFeePerGas = Gwei,
        MaxFeePerGas = Gwei * 100UL,
        GasLimit = gas,
        To = to,
        Value = value,
        Data = data ?? [],
    };

    public TransactionReceipt Send(PrivateKey from, Address? to, UInt256 value = default, byte[]? data = null, ulong gas = 3_000_000)
    {
        var hash = Chain.SendRawTransactionAsync(Transfer(from, to, value, data, gas).Sign(from).Raw).Result;
        return Chain.GetTransactionReceiptAsync(hash).Result ?? throw new InvalidOperationException("not mined");
    }

    public Address Deploy(PrivateKey from, byte[] runtime) => Send(from, null, data: Creation(runtime)).ContractAddress!.Value;

    /// <summary>Creation code that returns the runtime code: PUSH2 length, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN.</summary>
    public static byte[] Creation(byte[] runtime) =>
        [0x61, (byte)(runtime.Length >> 8), (byte)(runtime.Length & 0xff), 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3, .. runtime];

    public BlockHeader Head => Block(BlockTag.Latest);

    // The chain answers at once, so that tests may read on.
    public BlockHeader Block(BlockTag tag) => Chain.GetBlockAsync(tag).GetAwaiter().GetResult() ?? throw new InvalidOperationException("no such block");

    public UInt256 BalanceOf(Address account) => Chain.GetBalanceAsync(account).GetAwaiter().GetResult();

    public byte[] CodeOf(Address account) => Chain.GetCodeAsync(account).GetAwaiter().GetResult();

    public UInt256 Slot(Address account, UInt256 slot, BlockTag tag = default) => Chain.GetStorageAtAsync(account, slot, tag).GetAwaiter().GetResult().ToUInt256();

    public CallResult Call(CallRequest request, BlockTag tag = default) => Chain.CallAsync(request, tag).GetAwaiter().GetResult();

    public void Dispose()
    {
        Chain.Dispose();
        Clock.Dispose();
    }
}
