namespace Purser.Sandbox.Evm;

/// <summary>Why a frame ended. Everything from <see cref="OutOfGas"/> on is an exceptional halt: all gas of the frame is consumed and its changes are undone.</summary>
internal enum Halt : byte
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>A child frame was entered; the loop goes on there.</summary>
    Entered,

    /// <summary>STOP, or the end of the code.</summary>
    Stop,

    /// <summary>RETURN.</summary>
    Return,

    /// <summary>SELFDESTRUCT.</summary>
    SelfDestruct,

    /// <summary>REVERT: changes undone, gas that is left returned.</summary>
    Revert,

    /// <summary>Gas ran out.</summary>
    OutOfGas,

    /// <summary>Fewer words on the stack than the instruction takes.</summary>
    StackUnderflow,

    /// <summary>More than 1,024 words on the stack.</summary>
    StackOverflow,

    /// <summary>A number that is no instruction.</summary>
    InvalidOpcode,

    /// <summary>A jump to what is no JUMPDEST.</summary>
    InvalidJump,

    /// <summary>A change of state inside a static call.</summary>
    StaticViolation,

    /// <summary>RETURNDATACOPY past the end of the return data (EIP-211).</summary>
    ReturnDataOutOfBounds,

    /// <summary>Creation code above 49,152 bytes (EIP-3860).</summary>
    InitCodeTooLarge,

    /// <summary>A created contract above 24,576 bytes (EIP-170).</summary>
    CodeTooLarge,

    /// <summary>A created contract that begins with 0xEF (EIP-3541).</summary>
    InvalidCodePrefix,

    /// <summary>The new contract's address is taken (EIP-684, EIP-7610).</summary>
    AddressCollision,

    /// <summary>A precompiled contract refused its input.</summary>
    PrecompileFailed,

    /// <summary>A precompiled contract that this sandbox does not have was called: 10 (point evaluation) or, under Prague, 11 to 17 (BLS12-381).</summary>
    PrecompileMissing,

    /// <summary>A call or creation below depth 1,024; only traces show it, the caller just gets 0.</summary>
    CallTooDeep,

    /// <summary>A call or creation whose value its caller does not have; only traces show it, as above.</summary>
    BalanceTooLow,

    /// <summary>A creation by a contract whose nonce cannot rise (EIP-2681); only traces show it, as above.</summary>
    NonceAtMaximum,
}

internal static class HaltExtensions
{
    /// <summary>Whether the frame's changes stand.</summary>
    public static bool Succeeded(this Halt halt) => halt is Halt.Stop or Halt.Return or Halt.SelfDestruct;

    /// <summary>The reason in the words that development nodes use.</summary>
    public static string Describe(this Halt halt) => halt switch
    {
        Halt.Revert => "execution reverted",
        Halt.OutOfGas => "out of gas",
        Halt.StackUnderflow => "stack underflow",
        Halt.StackOverflow => "stack limit reached 1024",
        Halt.InvalidOpcode => "invalid opcode",
        Halt.InvalidJump => "invalid jump destination",
        Halt.StaticViolation => "write protection",
        Halt.ReturnDataOutOfBounds => "return data out of bounds",
        Halt.InitCodeTooLarge => "max initcode size exceeded",
        Halt.CodeTooLarge => "max code size exceeded",
        Halt.InvalidCodePrefix => "invalid code: must not begin with 0xef",
        Halt.AddressCollision => "contract address collision",
        Halt.PrecompileFailed => "precompiled contract failed",
        Halt.PrecompileMissing => "precompiled contract not available in this sandbox (point evaluation and BLS12-381 are missing)",
        Halt.CallTooDeep => "max call depth exceeded",
        Halt.BalanceTooLow => "insufficient balance for transfer",
        Halt.NonceAtMaximum => "nonce uint64 overflow",
        _ => "success",
    };
}
