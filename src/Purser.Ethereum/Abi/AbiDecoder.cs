using System.Numerics;
using System.Text;

namespace Purser.Ethereum;

/// <summary>
/// Reads values in the layout of the contract ABI. Every offset and length is checked against the input before anything is read or allocated,
/// and the depth is that of the type. Under <see cref="AbiTolerance.AnyLayout"/>, where offsets may point to the same bytes again and again,
/// the bytes read in total are bounded by a multiple of the input's size.
/// </summary>
internal ref struct AbiDecoder
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly AbiTolerance _tolerance;
    private readonly int _origin;
    private long _budget;

    private AbiDecoder(ReadOnlySpan<byte> data, int origin, AbiTolerance tolerance)
    {
        _data = data;
        _tolerance = tolerance;
        _origin = origin;
        _budget = (8L * data.Length) + 4096;
    }

    // origin: how many bytes stood before data in the caller's input (a selector), for the offsets in refusals.
    internal static object[] Decode(ReadOnlySpan<byte> data, int origin, IReadOnlyList<AbiParameter> parameters, AbiTolerance tolerance)
    {
        var decoder = new AbiDecoder(data, origin, tolerance);
        var values = decoder.Sequence(0, parameters.Sum(static p => p.Type.HeadSize), parameters.Count, i => parameters[i].Type, out var end);
        return end == data.Length || tolerance.HasFlag(AbiTolerance.TrailingBytes)
            ? values
            : throw decoder.Refuse($"{data.Length - end} bytes too many", end);
    }

    private readonly bool AnyLayout => (_tolerance & AbiTolerance.AnyLayout) != 0;

    private readonly AbiException Refuse(string message, int at) => new(message, at + _origin);

    private ReadOnlySpan<byte> Take(int at, int count)
    {
        if (at > _data.Length || count > _data.Length - at)
        {
            throw Refuse($"{count} bytes are missing", Math.Min(at, _data.Length));
        }
        _budget -= count;
        return _budget >= 0 ? _data.Slice(at, count) : throw Refuse("The offsets overlap so often that the input grows beyond its bound", at);
    }

    private object[] Sequence(int start, int headSize, int count, Func<int, AbiType> typeAt, out int end)
    {
        if (start > _data.Length || headSize > _data.Length - start)
        {
            throw Refuse($"{headSize} bytes are missing", Math.Min(start, _data.Length));
        }
        var values = new object[count];
        var head = start;
        end = start + headSize;
        for (var i = 0; i < count; i++)
        {
            var type = typeAt(i);
            if (type.IsDynamic)
            {
                var at = start + ReadOffset(head, start, end);
                values[i] = Dynamic(type, at, out var tailEnd);
                end = Math.Max(end, tailEnd);
            }
            else
            {
                values[i] = Static(type, head);
            }
            head += type.HeadSize;
        }
        return values;
    }

    private int ReadOffset(int at, int start, int expectedEnd)
    {
        var offset = UInt256.FromBigEndian(Take(at, 32));
        if (offset > (ulong)(_data.Length - start))
        {
            throw Refuse($"The offset {offset} points past the end", at);
        }
        var value = (int)offset;
        return AnyLayout || value == expectedEnd - start
            ? value
            : throw Refuse($"The offset is {value}, the value would stand at {expectedEnd - start}", at);
    }

    private int ReadLength(int at, int bytesEach)
    {
        var length = UInt256.FromBigEndian(Take(at, 32));
        var room = (ulong)(_data.Length - at - 32);
        return length <= room / (ulong)bytesEach ? (int)length : throw Refuse($"The length {length} reaches past the end", at);
    }

    private object Dynamic(AbiType type, int at, out int end)
    {
        switch (type)
        {
            case AbiType.Bytes:
                return Content(at, out end).ToArray();
            case AbiType.String:
                var content = Content(at, out end);
                try
                {
                    return StrictUtf8.Encoding.GetString(content);
                }
                catch (DecoderFallbackException e)
                {
                    throw new AbiException($"The string at {at + _origin} is not UTF-8", e);
                }
            case AbiType.Array array:
                var element = array.Element;
                if (array.Length is { } fixedLength)
                {
                    return Sequence(at, fixedLength * element.HeadSize, fixedLength, _ => element, out end);
                }
                var length = ReadLength(at, element.HeadSize);
                return Sequence(at + 32, length * element.HeadSize, length, _ => element, out end);
            case AbiType.Tuple tuple:
                return new AbiValues(tuple.Components, Sequence(at, tuple.InnerHeadSize, tuple.Components.Count, i => tuple.Components[i].Type, out end));
            default:
                throw AbiType.Unknown(type);
        }
    }

    private ReadOnlySpan<byte> Content(int at, out int end)
    {
        var length = ReadLength(at, 1);
        var content = Take(at + 32, length);
        var padding = (32 - (length % 32)) % 32;
        var rest = _data[(at + 32 + length)..];
        if (AnyLayout)
        {
            end = at + 32 + length + Math.Min(padding, rest.Length);
            return content;
        }
        if (rest.Length < padding || rest[..padding].ContainsAnyExcept((byte)0))
        {
            throw Refuse("The padding is not zeros up to the next word", at + 32 + length);
        }
        end = at + 32 + length + padding;
        return content;
    }

    private object Static(AbiType type, int at)
    {
        switch (type)
        {
            case AbiType.Array array:
                var elements = new object[array.Length!.Value];
                for (var i = 0; i < elements.Length; i++)
                {
                    elements[i] = Static(array.Element, at + (i * array.Element.HeadSize));
                }
                return elements;
            case AbiType.Tuple tuple:
                var members = new object[tuple.Components.Count];
                var next = at;
                for (var i = 0; i < members.Length; i++)
                {
                    members[i] = Static(tuple.Components[i].Type, next);
                    next += tuple.Components[i].Type.HeadSize;
                }
                return new AbiValues(tuple.Components, members);
            default:
                return Word(type, Take(at, 32)) ?? throw Refuse($"The word has bits outside of {type}", at);
        }
    }

    // A value of one word, or null when the word has bits outside of the type.
    internal static object? Word(AbiType type, ReadOnlySpan<byte> word)
    {
        switch (type)
        {
            case AbiType.UInt uint_:
                var number = UInt256.FromBigEndian(word);
                return number.BitLength <= uint_.Bits ? number : null;
            case AbiType.Int int_:
                var signed = new BigInteger(word, isUnsigned: false, isBigEndian: true);
                var limit = BigInteger.One << (int_.Bits - 1);
                return signed >= -limit && signed < limit ? signed : null;
            case AbiType.Bool:
                return !word[..31].ContainsAnyExcept((byte)0) && word[31] <= 1 ? word[31] == 1 : null;
            case AbiType.Address:
                return !word[..12].ContainsAnyExcept((byte)0) ? new Address(word[12..]) : null;
            case AbiType.FixedBytes { Size: 32 }:
                return new Hash32(word);
            case AbiType.FixedBytes fixed_:
                return !word[fixed_.Size..].ContainsAnyExcept((byte)0) ? word[..fixed_.Size].ToArray() : null;
            default:
                throw AbiType.Unknown(type);
        }
    }
}
