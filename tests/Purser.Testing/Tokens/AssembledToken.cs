using System.Buffers.Binary;
using System.Text;
using Purser.Ethereum;

namespace Purser.Testing.Tokens;

/// <summary>
/// A token's code put together by hand, to be anything that a token may be: with a wrong domain, a fee on each transfer, an owner's functions. It dispatches by selector as compiled contracts do; balances
/// lie in the slot of the holder's address.
/// </summary>
public sealed class AssembledToken
{
    private readonly List<(byte[] Selector, Func<int, byte[]> Body)> _functions = [];
    private readonly List<byte> _data = [];

    /// <summary>A function that gives a fixed word.</summary>
    public AssembledToken Answers(string signature, UInt256 word) => Answers(signature, word.ToBigEndian());

    /// <summary>A function that gives a fixed text.</summary>
    public AssembledToken Answers(string signature, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Answers(signature, [.. ((UInt256)32UL).ToBigEndian(), .. ((UInt256)(ulong)utf8.Length).ToBigEndian(), .. utf8, .. new byte[(32 - (utf8.Length % 32)) % 32]]);
    }

    /// <summary>A function that gives fixed bytes.</summary>
    public AssembledToken Answers(string signature, byte[] answer)
    {
        var offset = _data.Count;
        _data.AddRange(answer);
        _functions.Add((SelectorOf(signature), data => [0x5B, 0x61, .. Two(answer.Length), 0x61, .. Two(data + offset), 0x5F, 0x39, 0x61, .. Two(answer.Length), 0x5F, 0xF3]));
        return this;
    }

    /// <summary>A function that is there and always reverts.</summary>
    public AssembledToken Has(string signature)
    {
        _functions.Add((SelectorOf(signature), _ => [0x5B, 0x5F, 0x5F, 0xFD]));
        return this;
    }

    /// <summary><c>balanceOf</c> and <c>transfer</c>, which keeps back a fee.</summary>
    /// <param name="fee">In ten thousandths of what is sent.</param>
    public AssembledToken Moves(int fee = 0)
    {
        _functions.Add((SelectorOf("balanceOf(address)"), _ => [0x5B, 0x60, 0x04, 0x35, 0x54, 0x5F, 0x52, 0x60, 0x20, 0x5F, 0xF3]));
        _functions.Add((SelectorOf("transfer(address,uint256)"), _ =>
        [
            // The caller's balance less the amount; a shortage is an invalid jump.
            0x5B, 0x60, 0x24, 0x35, 0x33, 0x54, 0x81, 0x81, 0x10, 0x5F, 0x57, 0x03, 0x33, 0x55,
            // The amount less the fee, added to the payee's balance.
            0x60, 0x24, 0x35, 0x61, 0x27, 0x10, 0x61, .. Two(fee), 0x60, 0x24, 0x35, 0x02, 0x04, 0x90, 0x03,
            0x80, 0x60, 0x04, 0x35, 0x54, 0x01, 0x60, 0x04, 0x35, 0x55,
            // Transfer(caller, payee, received); true.
            0x5F, 0x52, 0x60, 0x04, 0x35, 0x33, 0x7F, .. Keccak256.Hash("Transfer(address,address,uint256)"u8).ToArray(), 0x60, 0x20, 0x5F, 0xA3,
            0x60, 0x01, 0x5F, 0x52, 0x60, 0x20, 0x5F, 0xF3,
        ]));
        return this;
    }

    /// <summary>The code that runs.</summary>
    public byte[] Code()
    {
        const int Head = 5;
        const int Entry = 11;
        const int Tail = 3;
        var bodies = Head + (Entry * _functions.Count) + Tail;
        var data = bodies + _functions.Sum(function => function.Body(0).Length);
        List<byte> code = [0x5F, 0x35, 0x60, 0xE0, 0x1C];
        var at = bodies;
        foreach (var (selector, body) in _functions)
        {
            code.AddRange([0x80, 0x63, .. selector, 0x14, 0x61, .. Two(at), 0x57]);
            at += body(0).Length;
        }
        code.AddRange([0x5F, 0x5F, 0xFD]);
        foreach (var (_, body) in _functions)
        {
            code.AddRange(body(data));
        }
        code.AddRange(_data);
        return [.. code];
    }

    private static byte[] SelectorOf(string signature) => Keccak256.Hash(Encoding.ASCII.GetBytes(signature)).Bytes[..4].ToArray();

    private static byte[] Two(int number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)number));
        return bytes;
    }
}
