using System.Collections;
using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <summary>
/// Writes values in the layout of the contract ABI: the heads one after another, the dynamic values behind them at the offsets that the heads give.
/// First the size is measured, which checks every value against its type, then it is written in one pass.
/// </summary>
internal static class AbiEncoder
{
    internal static byte[] Encode(ReadOnlySpan<byte> prefix, IReadOnlyList<AbiParameter> parameters, object?[] values)
    {
        if (values.Length != parameters.Count)
        {
            throw new AbiException($"Expected {parameters.Count} values, found {values.Length}.");
        }
        var normal = new object[values.Length];
        long size = prefix.Length;
        var head = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = parameters[i];
            normal[i] = Normalize(parameter.Type, values[i], parameter.Name.Length == 0 ? $"#{i}" : parameter.Name);
            size += parameter.Type.HeadSize + (parameter.Type.IsDynamic ? TailSize(parameter.Type, normal[i]) : 0);
            head += parameter.Type.HeadSize;
        }
        if (size > int.MaxValue)
        {
            throw new AbiException("The encoding needs more than 2 GiB.");
        }
        var bytes = new byte[size];
        prefix.CopyTo(bytes);
        Sequence(bytes.AsSpan(prefix.Length), head, parameters.Count, i => parameters[i].Type, normal);
        return bytes;
    }

    // Brings a value into the form that the writing pass knows, and refuses what does not fit the type; path names it in the refusal.
    internal static object Normalize(AbiType type, object? value, string path)
    {
        if (value is null)
        {
            throw new AbiException($"{path}: {type} has no null.");
        }
        return type switch
        {
            AbiType.UInt uint_ => AbiNumbers.Unsigned(uint_, value, path),
            AbiType.Int int_ => AbiNumbers.Signed(int_, value, path),
            AbiType.Bool => value is bool ? value : throw Mismatch(type, value, path),
            AbiType.Address => value is Address ? value : throw Mismatch(type, value, path),
            AbiType.FixedBytes fixed_ => FixedBytes(fixed_, value, path),
            AbiType.Bytes => value switch { byte[] b => b, ReadOnlyMemory<byte> m => m.ToArray(), Memory<byte> m => m.ToArray(), _ => throw Mismatch(type, value, path) },
            AbiType.String => value is string text ? Utf8(text, path) : throw Mismatch(type, value, path),
            AbiType.Array array => Elements(array, value, path),
            AbiType.Tuple tuple => Members(tuple, value, path),
            _ => throw AbiType.Unknown(type),
        };
    }

    internal static AbiException Mismatch(AbiType type, object value, string path) => new($"{path}: a {value.GetType().Name} is not taken for {type}.");

    private static byte[] Utf8(string text, string path)
    {
        try
        {
            return StrictUtf8.Encoding.GetBytes(text);
        }
        catch (System.Text.EncoderFallbackException e)
        {
            throw new AbiException($"{path}: the text holds half a surrogate pair.", e);
        }
    }

    private static byte[] FixedBytes(AbiType.FixedBytes type, object value, string path)
    {
        var bytes = value switch
        {
            byte[] b => b,
            Hash32 h => h.ToArray(),
            ReadOnlyMemory<byte> m => m.ToArray(),
            _ => throw Mismatch(type, value, path),
        };
        return bytes.Length == type.Size ? bytes : throw new AbiException($"{path}: {type} has {type.Size} bytes, not {bytes.Length}.");
    }

    private static object[] Elements(AbiType.Array type, object value, string path)
    {
        if (value is not IEnumerable items || value is string)
        {
            throw Mismatch(type, value, path);
        }
        var elements = new List<object>();
        foreach (var item in items)
        {
            elements.Add(Normalize(type.Element, item, $"{path}[{elements.Count}]"));
        }
        return type.Length is { } length && elements.Count != length
            ? throw new AbiException($"{path}: {type} has {length} elements, not {elements.Count}.")
            : [.. elements];
    }

    private static object[] Members(AbiType.Tuple type, object value, string path)
    {
        var count = type.Components.Count;
        Func<int, object?> member;
        switch (value)
        {
            case ITuple tuple when tuple.Length == count:
                member = i => tuple[i];
                break;
            case IReadOnlyList<object?> list when list.Count == count:
                member = i => list[i];
                break;
            case ITuple or IReadOnlyList<object?>:
                throw new AbiException($"{path}: {type} has {count} members, the value has another number.");
            default:
                throw Mismatch(type, value, path);
        }
        var members = new object[count];
        for (var i = 0; i < count; i++)
        {
            var component = type.Components[i];
            members[i] = Normalize(component.Type, member(i), $"{path}.{(component.Name.Length == 0 ? $"#{i}" : component.Name)}");
        }
        return members;
    }

    // What a dynamic value takes behind the heads, in bytes.
    private static long TailSize(AbiType type, object value) => type switch
    {
        AbiType.Bytes or AbiType.String => 32 + Padded(((byte[])value).Length),
        AbiType.Array array => (array.Length is null ? 32 : 0)
            + ((object[])value).Sum(v => (long)array.Element.HeadSize + (array.Element.IsDynamic ? TailSize(array.Element, v) : 0)),
        AbiType.Tuple tuple => tuple.Components.Select((c, i) => (long)c.Type.HeadSize + (c.Type.IsDynamic ? TailSize(c.Type, ((object[])value)[i]) : 0)).Sum(),
        _ => throw AbiType.Unknown(type),
    };

    private static long Padded(int length) => ((long)length + 31) / 32 * 32;

    // Writes heads and tails of a sequence; offsets count from the start of the span. Returns the bytes used.
    private static int Sequence(Span<byte> destination, int headSize, int count, Func<int, AbiType> typeAt, object[] values)
    {
        var head = 0;
        var tail = headSize;
        for (var i = 0; i < count; i++)
        {
            var type = typeAt(i);
            if (type.IsDynamic)
            {
                ((UInt256)(ulong)tail).WriteBigEndian(destination.Slice(head, 32));
                tail += Dynamic(type, values[i], destination[tail..]);
            }
            else
            {
                Static(type, values[i], destination.Slice(head, type.HeadSize));
            }
            head += type.HeadSize;
        }
        return tail;
    }

    private static int Dynamic(AbiType type, object value, Span<byte> destination)
    {
        switch (type)
        {
            case AbiType.Bytes or AbiType.String:
                var bytes = (byte[])value;
                ((UInt256)(ulong)bytes.Length).WriteBigEndian(destination[..32]);
                bytes.CopyTo(destination[32..]);
                return 32 + (int)Padded(bytes.Length);
            case AbiType.Array array:
                var elements = (object[])value;
                var prefix = 0;
                if (array.Length is null)
                {
                    ((UInt256)(ulong)elements.Length).WriteBigEndian(destination[..32]);
                    prefix = 32;
                }
                return prefix + Sequence(destination[prefix..], elements.Length * array.Element.HeadSize, elements.Length, _ => array.Element, elements);
            case AbiType.Tuple tuple:
                return Sequence(destination, tuple.InnerHeadSize, tuple.Components.Count, i => tuple.Components[i].Type, (object[])value);
            default:
                throw AbiType.Unknown(type);
        }
    }

    internal static void Static(AbiType type, object value, Span<byte> destination)
    {
        switch (type)
        {
            case AbiType.UInt or AbiType.Int:
                ((UInt256)value).WriteBigEndian(destination);
                break;
            case AbiType.Bool:
                destination[31] = (bool)value ? (byte)1 : (byte)0;
                break;
            case AbiType.Address:
                ((Address)value).CopyTo(destination[12..]);
                break;
            case AbiType.FixedBytes:
                ((byte[])value).CopyTo(destination);
                break;
            case AbiType.Array array:
                var elements = (object[])value;
                for (var i = 0; i < elements.Length; i++)
                {
                    Static(array.Element, elements[i], destination.Slice(i * array.Element.HeadSize, array.Element.HeadSize));
                }
                break;
            case AbiType.Tuple tuple:
                var at = 0;
                for (var i = 0; i < tuple.Components.Count; i++)
                {
                    var member = tuple.Components[i].Type;
                    Static(member, ((object[])value)[i], destination.Slice(at, member.HeadSize));
                    at += member.HeadSize;
                }
                break;
            default:
                throw AbiType.Unknown(type);
        }
    }
}
