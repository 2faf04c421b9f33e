using System.Buffers.Binary;

namespace Purser.Ethereum.Signatures;

/// <summary>
/// Creation code that asks an account about a signature and returns one word: 1 for yes, 0 for no. It is run by <c>eth_call</c> without a recipient, so that
/// nothing is deployed and nothing lasts. It does what a verifying contract would do, and what no plain <c>eth_call</c> to the account can: a factory's call
/// and the question happen in one state (ERC-6492), the question is a static call (ERC-1271), each call has its own gas, and of what a stranger returns one
/// word is looked at, however long it is.
/// </summary>
internal static class SignatureProbe
{
    /// <summary>The largest creation code that chains run (EIP-3860), in bytes.</summary>
    internal const int MaxSize = 49_152;

    private const byte Lt = 0x10, Gt = 0x11, Eq = 0x14, IsZero = 0x15, And = 0x16, CodeCopy = 0x39, ExtCodeSize = 0x3b, ReturnDataSize = 0x3d, MLoad = 0x51, MStore = 0x52,
        JumpI = 0x57, Gas = 0x5a, JumpDest = 0x5b, Push1 = 0x60, Call = 0xf1, Return = 0xf3, StaticCall = 0xfa, Revert = 0xfd;

    /// <summary>Writes the code.</summary>
    /// <param name="account">The account.</param>
    /// <param name="question">The calldata of <c>isValidSignature</c>.</param>
    /// <param name="gas">The gas for the question.</param>
    /// <param name="factory">The factory that is called first, or null.</param>
    /// <param name="factoryCalldata">What it is called with.</param>
    /// <param name="factoryGas">The gas for the factory.</param>
    internal static byte[] Write(in Address account, ReadOnlySpan<byte> question, ulong gas, Address? factory = null, ReadOnlySpan<byte> factoryCalldata = default, ulong factoryGas = 0)
    {
        // Every push has a fixed width, so that a first writing tells where the calldata behind the code will stand, and where "no" is.
        var code = new List<byte>();
        var (start, no, starved) = (0, 0, 0);
        for (var pass = 0; pass < 2; pass++)
        {
            code.Clear();
            if (factory is { } deployer)
            {
                Prepare(code, deployer, start + question.Length, factoryCalldata.Length, factoryGas, no, starved);
            }
            Ask(code, account, start, question.Length, gas, no, starved);
            no = code.Count;
            Answer(code);
            starved = code.Count;
            Starve(code);
            start = code.Count;
        }
        return [.. code, .. question, .. factoryCalldata];
    }

    /// <summary>Enough gas to run the code with both calls using all of theirs: the creation, 40 gas for each byte (EIP-7623), and EIP-150's 64th.</summary>
    internal static ulong GasFor(byte[] code, ulong gas, ulong factoryGas) => 150_000 + (48 * (ulong)code.Length) + ((gas + factoryGas) / 63 * 64) + 128;

    // if (!factory.call{gas: factoryGas}(factoryCalldata)) return 0;
    private static void Prepare(List<byte> code, in Address factory, int offset, int length, ulong gas, int no, int starved)
    {
        Push(code, 3, (ulong)length);
        Push(code, 3, (ulong)offset);
        Push(code, 1, 0);
        code.Add(CodeCopy);
        Push(code, 1, 0); // what it returns is not taken
        Push(code, 1, 0);
        Push(code, 3, (ulong)length);
        Push(code, 1, 0);
        Push(code, 1, 0); // no value
        Push(code, factory.Bytes);
        Demand(code, gas, starved);
        Push(code, 8, gas);
        code.AddRange([Call, IsZero]);
        Push(code, 2, (ulong)no);
        code.Add(JumpI);
    }

    // if (account.code.length == 0) return 0;
    // return account.staticcall{gas: gas}(question) && returndatasize > 31 && first word == magic;
    private static void Ask(List<byte> code, in Address account, int offset, int length, ulong gas, int no, int starved)
    {
        Push(code, account.Bytes);
        code.AddRange([ExtCodeSize, IsZero]);
        Push(code, 2, (ulong)no);
        code.Add(JumpI);
        Push(code, 3, (ulong)length);
        Push(code, 3, (ulong)offset);
        Push(code, 1, 0);
        code.Add(CodeCopy);
        Push(code, 1, 32); // the first word goes behind the question
        Push(code, 3, (ulong)length);
        Push(code, 3, (ulong)length);
        Push(code, 1, 0);
        Push(code, account.Bytes);
        Demand(code, gas, starved);
        Push(code, 8, gas);
        code.Add(StaticCall);
        Push(code, 1, 31);
        code.AddRange([ReturnDataSize, Gt, And]);
        Push(code, 3, (ulong)length);
        code.Add(MLoad);
        Span<byte> magic = stackalloc byte[32];
        magic.Clear();
        AccountSignature.MagicValue.CopyTo(magic);
        Push(code, magic);
        code.AddRange([Eq, And]);
        Push(code, 1, 0);
        code.Add(MStore);
        Push(code, 1, 32);
        Push(code, 1, 0);
        code.Add(Return);
    }

    // "No": return 0.
    private static void Answer(List<byte> code)
    {
        code.Add(JumpDest);
        Push(code, 1, 0);
        Push(code, 1, 0);
        code.Add(MStore);
        Push(code, 1, 32);
        Push(code, 1, 0);
        code.Add(Return);
    }

    // if (gasleft() < what a call with all of its gas needs) revert; the account of the call may be cold, and EIP-150 keeps a 64th back.
    private static void Demand(List<byte> code, ulong gas, int starved)
    {
        Push(code, 8, (gas / 63 * 64) + 5_000);
        code.AddRange([Gas, Lt]);
        Push(code, 2, (ulong)starved);
        code.Add(JumpI);
    }

    // Not "no" but no answer: the node gave less gas than was asked for, as nodes with a cap do without a word.
    private static void Starve(List<byte> code)
    {
        code.Add(JumpDest);
        Push(code, 1, 0);
        Push(code, 1, 0);
        code.Add(Revert);
    }

    private static void Push(List<byte> code, int width, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Push(code, bytes[^width..]);
    }

    private static void Push(List<byte> code, ReadOnlySpan<byte> bytes)
    {
        code.Add((byte)(Push1 + bytes.Length - 1));
        code.AddRange(bytes);
    }
}
