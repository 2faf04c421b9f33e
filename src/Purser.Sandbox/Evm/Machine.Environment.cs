using System.Runtime.CompilerServices;
using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <content>Instructions that look at the transaction, the block, other accounts, and that copy or hash bytes.</content>
internal sealed partial class Machine
{
    // No case is a range: the switch is one jump through a table, as the loop's.
    // Runs one instruction outside the loop. Gas is in the frame; it is negative afterwards when the instruction refused.
    private int Environment(Frame frame, byte op, ref UInt256 s, int sp)
    {
        switch (op)
        {
            case Opcode.Address:
            case Opcode.Origin:
            case Opcode.Caller:
            case Opcode.CallValue:
            case Opcode.CallDataSize:
            case Opcode.CodeSize:
            case Opcode.GasPrice:
            case Opcode.ReturnDataSize:
            case Opcode.Coinbase:
            case Opcode.Timestamp:
            case Opcode.Number:
            case Opcode.PrevRandao:
            case Opcode.GasLimit:
            case Opcode.ChainId:
            case Opcode.SelfBalance:
            case Opcode.BaseFee:
            case Opcode.BlobBaseFee:
                Unsafe.Add(ref s, sp) = Constant(frame, op);
                return sp + 1;
            case Opcode.Balance:
            case Opcode.ExtCodeSize:
            case Opcode.ExtCodeHash:
                Unsafe.Add(ref s, sp - 1) = LookAt(frame, op, Unsafe.Add(ref s, sp - 1));
                return sp;
            case Opcode.CallDataLoad:
                Unsafe.Add(ref s, sp - 1) = LoadInput(frame.Input.Span, Unsafe.Add(ref s, sp - 1));
                return sp;
            case Opcode.CallDataCopy:
                Copy(frame, frame.Input.Span, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), Unsafe.Add(ref s, sp - 3));
                return sp - 3;
            case Opcode.CodeCopy:
                Copy(frame, frame.Code.Bytes, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), Unsafe.Add(ref s, sp - 3));
                return sp - 3;
            case Opcode.ExtCodeCopy:
                CopyCodeOf(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), Unsafe.Add(ref s, sp - 3), Unsafe.Add(ref s, sp - 4));
                return sp - 4;
            case Opcode.ReturnDataCopy:
                CopyReturned(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), Unsafe.Add(ref s, sp - 3));
                return sp - 3;
            case Opcode.BlockHash:
                Unsafe.Add(ref s, sp - 1) = HashOfBlock(Unsafe.Add(ref s, sp - 1));
                return sp;
            case Opcode.BlobHash:
                ref var index = ref Unsafe.Add(ref s, sp - 1);
                var blobs = _transaction.BlobHashes;
                index = index.FitsUInt64 && index.U0 < (ulong)blobs.Count ? blobs[(int)index.U0].ToUInt256() : default;
                return sp;
            case Opcode.Keccak256:
                Unsafe.Add(ref s, sp - 2) = HashMemory(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2));
                return sp - 1;
            case Opcode.MCopy:
                MoveMemory(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), Unsafe.Add(ref s, sp - 3));
                return sp - 3;
            case Opcode.SLoad:
                Unsafe.Add(ref s, sp - 1) = LoadStorage(frame, Unsafe.Add(ref s, sp - 1));
                return sp;
            case Opcode.SStore:
                StoreStorage(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2));
                return sp - 2;
            case Opcode.TLoad:
                Unsafe.Add(ref s, sp - 1) = _state.GetTransient(frame.Self, Unsafe.Add(ref s, sp - 1));
                return sp;
            case Opcode.TStore:
                if (RefuseStatic(frame))
                {
                    return sp;
                }
                _state.SetTransient(frame.Self, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2));
                return sp - 2;
            case Opcode.Log0:
            case Opcode.Log0 + 1:
            case Opcode.Log0 + 2:
            case Opcode.Log0 + 3:
            case Opcode.Log0 + 4:
                return EmitLog(frame, op - Opcode.Log0, ref s, sp);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void Refuse(Frame frame, Halt reason)
    {
        frame.Failure = reason;
        frame.Gas = -1;
    }

    private static bool RefuseStatic(Frame frame)
    {
        if (frame.IsStatic)
        {
            Refuse(frame, Halt.StaticViolation);
        }
        return frame.IsStatic;
    }

    private UInt256 Constant(Frame frame, byte op) => op switch
    {
        Opcode.Address => UInt256.FromBigEndian(frame.Self.Address.Bytes),
        Opcode.Origin => UInt256.FromBigEndian(_transaction.Origin.Bytes),
        Opcode.Caller => UInt256.FromBigEndian(frame.Caller.Bytes),
        Opcode.CallValue => frame.Value,
        Opcode.CallDataSize => (ulong)frame.Input.Length,
        Opcode.CodeSize => (ulong)frame.Code.Length,
        Opcode.GasPrice => _transaction.GasPrice,
        Opcode.ReturnDataSize => (ulong)_returnLength,
        Opcode.Coinbase => UInt256.FromBigEndian(_block.Coinbase.Bytes),
        Opcode.Timestamp => _block.Timestamp,
        Opcode.Number => _block.Number,
        Opcode.PrevRandao => _block.PrevRandao.ToUInt256(),
        Opcode.GasLimit => _block.GasLimit,
        Opcode.ChainId => _block.ChainId,
        Opcode.SelfBalance => frame.Self.Balance,
        Opcode.BaseFee => _block.BaseFee,
        Opcode.BlobBaseFee => _block.BlobBaseFee,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private AccountEntry AccountAt(in UInt256 word)
    {
        Span<byte> bytes = stackalloc byte[32];
        word.WriteBigEndian(bytes);
        return _state.Get(new Address(bytes[12..]));
    }

    // EIP-2929: the first access of a transaction to an address costs more; precompiled contracts are always warm.
    private long AccessCost(AccountEntry account) => IsCold(account) ? _rules.ColdAccount : _rules.WarmAccount;

    private bool IsCold(AccountEntry account) => _state.Access(account) && _rules.FindPrecompile(account.Address) == 0;

    private UInt256 LookAt(Frame frame, byte op, in UInt256 address)
    {
        var account = AccountAt(address);
        frame.Gas -= AccessCost(account);
        return op switch
        {
            Opcode.Balance => account.Balance,
            Opcode.ExtCodeSize => (ulong)account.Code.Length,
            _ => account.IsEmpty ? default : account.Code.Hash.ToUInt256(),
        };
    }

    private static UInt256 LoadInput(ReadOnlySpan<byte> input, in UInt256 offset)
    {
        if (!offset.FitsUInt64 || offset.U0 >= (ulong)input.Length)
        {
            return default;
        }
        var rest = input[(int)offset.U0..];
        if (rest.Length >= 32)
        {
            return UInt256.FromBigEndian(rest[..32]);
        }
        Span<byte> word = stackalloc byte[32];
        word.Clear();
        rest.CopyTo(word);
        return UInt256.FromBigEndian(word);
    }

    private void Copy(Frame frame, ReadOnlySpan<byte> source, in UInt256 to, in UInt256 from, in UInt256 length)
    {
        if (!PayForCopy(frame, to, length))
        {
            return;
        }
        var target = MemoryOf(frame, to, length);
        var count = 0;
        if (from.FitsUInt64 && from.U0 < (ulong)source.Length)
        {
            count = Math.Min(target.Length, source.Length - (int)from.U0);
            source.Slice((int)from.U0, count).CopyTo(target);
        }
        target[count..].Clear();
    }

    private bool PayForCopy(Frame frame, in UInt256 to, in UInt256 length)
    {
        frame.Gas = Expand(frame, to, length, frame.Gas);
        if (frame.Gas >= 0)
        {
            frame.Gas -= Gas.CopyWord * Gas.Words((long)length.U0);
        }
        return frame.Gas >= 0;
    }

    private void CopyCodeOf(Frame frame, in UInt256 address, in UInt256 to, in UInt256 from, in UInt256 length)
    {
        var account = AccountAt(address);
        frame.Gas -= AccessCost(account);
        if (frame.Gas >= 0)
        {
            Copy(frame, account.Code.Bytes, to, from, length);
        }
    }

    // EIP-211: unlike the other copies, this one refuses to read past the end, even for no bytes.
    private void CopyReturned(Frame frame, in UInt256 to, in UInt256 from, in UInt256 length)
    {
        if (!from.FitsUInt64 || !length.FitsUInt64 || from.U0 > (ulong)_returnLength || length.U0 > (ulong)_returnLength - from.U0)
        {
            Refuse(frame, Halt.ReturnDataOutOfBounds);
            return;
        }
        if (PayForCopy(frame, to, length))
        {
            _returnData.AsSpan((int)from.U0, (int)length.U0).CopyTo(MemoryOf(frame, to, length));
        }
    }

    private UInt256 HashOfBlock(in UInt256 number) =>
        number.FitsUInt64 && number.U0 < _block.Number && _block.Number - number.U0 <= 256 ? _block.HashOf(number.U0).ToUInt256() : default;

    private UInt256 HashMemory(Frame frame, in UInt256 offset, in UInt256 length)
    {
        frame.Gas = Expand(frame, offset, length, frame.Gas);
        if (frame.Gas < 0)
        {
            return default;
        }
        frame.Gas -= Gas.KeccakWord * Gas.Words((long)length.U0);
        if (frame.Gas < 0)
        {
            return default;
        }
        Span<byte> hash = stackalloc byte[32];
        Keccak256.Hash(MemoryOf(frame, offset, length), hash);
        return UInt256.FromBigEndian(hash);
    }

    // EIP-5656: memory grows to hold both ends, and the regions may overlap.
    private void MoveMemory(Frame frame, in UInt256 to, in UInt256 from, in UInt256 length)
    {
        if (PayForCopy(frame, UInt256.Max(to, from), length))
        {
            MemoryOf(frame, from, length).CopyTo(MemoryOf(frame, to, length));
        }
    }

    private int EmitLog(Frame frame, int topicCount, ref UInt256 s, int sp)
    {
        ref readonly var offset = ref Unsafe.Add(ref s, sp - 1);
        ref readonly var length = ref Unsafe.Add(ref s, sp - 2);
        if (RefuseStatic(frame))
        {
            return sp;
        }
        frame.Gas = Expand(frame, offset, length, frame.Gas);
        if (frame.Gas < 0)
        {
            return sp;
        }
        frame.Gas -= Gas.LogByte * (long)length.U0;
        if (frame.Gas < 0)
        {
            return sp;
        }
        var topics = new Hash32[topicCount];
        for (var i = 0; i < topicCount; i++)
        {
            topics[i] = Hash32.FromUInt256(Unsafe.Add(ref s, sp - 3 - i));
        }
        var log = new Log(frame.Self.Address, topics, MemoryOf(frame, offset, length).ToArray());
        _state.Logs.Add(log);
        Tracer?.Logged(log);
        return sp - 2 - topicCount;
    }
}
