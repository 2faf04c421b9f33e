using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>One transaction on a state made for it, under any fork: a rich sender, a contract at <see cref="Contract"/>, further accounts as given.</summary>
internal sealed class EvmRun
{
    public static readonly Address Sender = Address.Parse("0x00000000000000000000000000000000000a11ce");
    public static readonly Address Contract = Address.Parse("0x0000000000000000000000000000000000c0de00");
    public static readonly Address Other = Address.Parse("0x0000000000000000000000000000000000abcdef");
    public static readonly Address Coinbase = Address.Parse("0x00000000000000000000000000000000000000fe");

    private readonly Machine _machine = new();

    public EvmRun(Hardfork fork, string code)
    {
        Before = StateRoot.Empty
            .With(Sender, AccountLeaf.Make(0, UInt256.Parse("1000000000000000000000000000000"), [], []))
            .With(Contract, AccountLeaf.Make(1, 1000UL, Hex.Decode(code), []));
        Block = new()
        {
            Rules = ForkRules.Of(fork),
            Number = 1,
            Timestamp = 1,
            Coinbase = Coinbase,
            GasLimit = 100_000_000_000_000,
            BaseFee = fork >= Hardfork.London ? 1UL : 0UL,
            PrevRandao = default,
            BlobBaseFee = 1UL,
            ChainId = 1,
            HashOf = _ => default,
        };
        Message = new() { From = Sender, To = Contract, GasLimit = 1_000_000, FeeCap = 10UL, TipCap = 1UL };
    }

    public StateRoot Before { get; set; }

    public BlockContext Block { get; set; }

    public Message Message { get; set; }

    public StateRoot After { get; private set; } = StateRoot.Empty;

    public EvmRun With(Address address, AccountLeaf account)
    {
        Before = Before.With(address, account);
        return this;
    }

    public TransactionRejection? Check() => TransactionExecutor.Check(new WorldState(Before), Block, Message);

    public TransactionResult Execute()
    {
        var state = new WorldState(Before);
        TransactionExecutor.Check(state, Block, Message).ShouldBeNull();
        var result = TransactionExecutor.Execute(_machine, state, Block, Message);
        After = state.Commit();
        return result;
    }

    public UInt256 Slot(Address account, UInt256 slot) => After.Find(account)!.ReadStorage(slot);
}
