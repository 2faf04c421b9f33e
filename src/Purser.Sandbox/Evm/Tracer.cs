using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>
/// Watches a machine while it runs a message: every instruction, every frame, every log. A machine without one runs an instance of its
/// loop that has no trace of all this, so watching costs only those who watch. What is handed in is valid during the call only.
/// </summary>
internal abstract class Tracer
{
    /// <summary>An instruction is about to run; it may still be refused for its gas or its stack.</summary>
    public virtual void Step(in TracedStep step)
    {
    }

    /// <summary>A message call, a creation, or a call of a precompiled contract begins; also one that ends at once because it is too deep or not covered.</summary>
    public virtual void Enter(in TracedMessage message)
    {
    }

    /// <summary>What <see cref="Enter"/> began is over.</summary>
    /// <param name="halt">How.</param>
    /// <param name="output">Return or revert data; of a creation that succeeded, the code.</param>
    /// <param name="gasLeft">Gas that goes back to the caller.</param>
    public virtual void Exit(Halt halt, ReadOnlySpan<byte> output, long gasLeft)
    {
    }

    /// <summary>The running frame is about to end because its code does, by success or failure: before its changes are undone.</summary>
    /// <param name="halt">How its last instruction ended it.</param>
    /// <param name="gasLeft">The frame's gas; of no meaning after an exceptional halt.</param>
    public virtual void Ending(Halt halt, long gasLeft)
    {
    }

    /// <summary>SELFDESTRUCT moves a balance.</summary>
    public virtual void SelfDestruct(in Address contract, in Address beneficiary, in UInt256 balance)
    {
    }

    /// <summary>A log was emitted.</summary>
    public virtual void Logged(Log log)
    {
    }
}

/// <summary>An instruction that is about to run.</summary>
internal readonly ref struct TracedStep
{
    /// <summary>Its place in the code.</summary>
    public required int Pc { get; init; }

    /// <summary>Its number.</summary>
    public required byte Op { get; init; }

    /// <summary>Gas left before it.</summary>
    public required long Gas { get; init; }

    /// <summary>1 in the first frame.</summary>
    public required int Depth { get; init; }

    /// <summary>The frame's words, the top last.</summary>
    public required ReadOnlySpan<UInt256> Stack { get; init; }

    /// <summary>The frame's memory.</summary>
    public required ReadOnlySpan<byte> Memory { get; init; }

    /// <summary>The data that the last call returned.</summary>
    public required ReadOnlySpan<byte> ReturnData { get; init; }

    /// <summary>The account whose storage is used.</summary>
    public required AccountEntry Self { get; init; }

    /// <summary>The state.</summary>
    public required WorldState State { get; init; }
}

/// <summary>A message that begins.</summary>
internal readonly ref struct TracedMessage
{
    /// <summary>CALL, CALLCODE, DELEGATECALL, STATICCALL, CREATE or CREATE2.</summary>
    public required byte Op { get; init; }

    /// <summary>The caller, or of a delegate call the contract that delegates.</summary>
    public required Address From { get; init; }

    /// <summary>Whose code runs, or where it is created.</summary>
    public required Address To { get; init; }

    /// <summary>Whether no code runs but a precompiled contract.</summary>
    public required bool IsPrecompiled { get; init; }

    /// <summary>Calldata or creation code.</summary>
    public required ReadOnlySpan<byte> Input { get; init; }

    /// <summary>Wei.</summary>
    public required UInt256 Value { get; init; }

    /// <summary>Gas for it, with the stipend.</summary>
    public required long Gas { get; init; }

    /// <summary>What the caller has left meanwhile; 0 for the first frame.</summary>
    public required long CallerGas { get; init; }
}

/// <summary>Chooses, when the code is compiled, whether the interpreter's loop reports to a tracer.</summary>
internal interface ITracing;

/// <summary>The loop that is normally run.</summary>
internal readonly struct Untraced : ITracing;

/// <summary>The loop that reports each instruction.</summary>
internal readonly struct Traced : ITracing;
