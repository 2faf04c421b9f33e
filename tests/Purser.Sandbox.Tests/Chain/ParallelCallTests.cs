using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Tests.Chain;

/// <summary>Calls run beside mining, on the state as it was when they began. Held by order: a call stands at a gate that only opens when the other has happened.</summary>
public sealed class ParallelCallTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly SandboxFixture _sandbox = new(new() { CallTimeout = TimeSpan.FromMinutes(5) });

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void a_call_that_does_not_end_delays_neither_transactions_nor_calls()
    {
        // Answers with slot 0; with calldata it sets the slot instead.
        var contract = _sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x36600c575f545f5260205ff35b5f355f5500"));
        using var gate = new Gate();
        TransactionResult? slow = null;
        var caller = new Thread(() => slow = _sandbox.Chain.Trace(
            new() { From = SandboxFixture.Bob.Address, To = contract, GasLimit = 1_000_000, IsSimulated = true }, BlockTag.Latest, new(), gate, default).Result);
        caller.Start();
        gate.Entered.Wait(s_patience).ShouldBeTrue("the call did not begin");

        // While the call stands inside the machine: a transaction is mined, and seen by a new call.
        _sandbox.Send(SandboxFixture.Alice, contract, data: UInt256.Parse("42").ToBigEndian()).Succeeded.ShouldBeTrue();
        _sandbox.Call(new() { To = contract }).ShouldBeOfType<CallResult.Returned>().Data.ShouldBe(((UInt256)42UL).ToBigEndian());
        _sandbox.Chain.Mine();
        caller.IsAlive.ShouldBeTrue();

        gate.Open.Set();
        caller.Join();
        gate.WasLate.ShouldBeFalse("transaction and call waited for the slow one");
        slow.ShouldNotBeNull().Output.ShouldBe(UInt256.Zero.ToBigEndian(), "a call sees the state on which it began");
    }

    private sealed class Gate : Tracer, IDisposable
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Open { get; } = new();

        public bool WasLate { get; private set; }

        public override void Step(in TracedStep step)
        {
            if (!Entered.IsSet)
            {
                Entered.Set();
                WasLate = !Open.Wait(s_patience);
            }
        }

        public void Dispose()
        {
            Entered.Dispose();
            Open.Dispose();
        }
    }
}
