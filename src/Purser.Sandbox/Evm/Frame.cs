using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>One activation of code. Frames live in an array of the machine and are used again, so that a call allocates nothing and 1,024 of them need no thread stack.</summary>
internal sealed class Frame
{
    /// <summary>The code that runs.</summary>
    public Code Code = Code.Empty;

    /// <summary>The account whose storage and balance are used.</summary>
    public AccountEntry Self = null!;

    /// <summary>CALLER.</summary>
    public Address Caller;

    /// <summary>CALLVALUE in wei; of a delegate call that of the frame above.</summary>
    public UInt256 Value;

    /// <summary>Calldata: a slice of the caller's memory, which stands still while this frame runs.</summary>
    public ReadOnlyMemory<byte> Input;

    /// <summary>Whether changes of state are refused.</summary>
    public bool IsStatic;

    /// <summary>Whether this is creation code, whose output becomes code.</summary>
    public bool IsCreation;

    /// <summary>Gas left.</summary>
    public long Gas;

    /// <summary>The next instruction.</summary>
    public int Pc;

    /// <summary>Words on the stack.</summary>
    public int Height;

    /// <summary>Where this frame's words start in the machine's stack.</summary>
    public int StackBase;

    /// <summary>Where this frame's memory starts in the machine's memory.</summary>
    public int MemoryBase;

    /// <summary>Bytes of memory in use; a multiple of 32.</summary>
    public int MemorySize;

    /// <summary>Where the state's journal stood before.</summary>
    public WorldState.Mark Mark;

    /// <summary>Where the caller wants the output.</summary>
    public int ReturnOffset;

    /// <summary>How much of the output the caller wants.</summary>
    public int ReturnLength;

    /// <summary>The output in this frame's memory, once it ended by RETURN or REVERT.</summary>
    public int OutputOffset;

    /// <summary>See <see cref="OutputOffset"/>.</summary>
    public int OutputLength;

    /// <summary>Why an instruction outside the loop refused; <see cref="Halt.None"/> means out of gas.</summary>
    public Halt Failure;

    /// <summary>Lets go of accounts, code and input, which would keep an old state in memory.</summary>
    public void Forget() => (Code, Self, Input) = (Code.Empty, null!, default);
}
