namespace Purser.Ethereum;

/// <summary>
/// Solidity's <c>abi.encodePacked</c>: values one after another without padding, offsets or lengths; elements of arrays are padded to words.
/// Two lists of values can have the same bytes when more than one type is dynamic, so that its hash must not stand for such a list.
/// It cannot be decoded.
/// </summary>
public static class AbiPacked
{
    /// <summary>Encodes values of the types in a parenthesised list, such as <c>(address,uint96,string)</c>.</summary>
    /// <exception cref="AbiException">The list is none, a value does not fit, or the type has no packed form: tuples, arrays of arrays, arrays of dynamic types.</exception>
    public static byte[] Encode(string types, params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var parameters = AbiParameters.Parse(types);
        if (values.Length != parameters.Count)
        {
            throw new AbiException($"Expected {parameters.Count} values, found {values.Length}.");
        }
        using var bytes = new MemoryStream();
        for (var i = 0; i < values.Length; i++)
        {
            var path = parameters[i].Name.Length == 0 ? $"#{i}" : parameters[i].Name;
            bytes.Write(Packed(parameters[i].Type, AbiEncoder.Normalize(parameters[i].Type, values[i], path), path));
        }
        return bytes.ToArray();
    }

    private static byte[] Packed(AbiType type, object value, string path) => type switch
    {
        AbiType.UInt number => ((UInt256)value).ToBigEndian()[(32 - (number.Bits / 8))..],
        AbiType.Int number => ((UInt256)value).ToBigEndian()[(32 - (number.Bits / 8))..],
        AbiType.Bool => [(bool)value ? (byte)1 : (byte)0],
        AbiType.Address => ((Address)value).ToArray(),
        AbiType.FixedBytes or AbiType.Bytes or AbiType.String => (byte[])value,
        AbiType.Array { Element: AbiType.UInt or AbiType.Int or AbiType.Bool or AbiType.Address or AbiType.FixedBytes } array =>
            [.. ((object[])value).SelectMany(v => Word(array.Element, v))],
        _ => throw new AbiException($"{path}: {type} has no packed form."),
    };

    private static byte[] Word(AbiType type, object value)
    {
        var packed = Packed(type, value, "");
        // Numbers stand at the end of their word, bytesN at its start; a negative one is widened with its sign.
        return type switch
        {
            AbiType.UInt or AbiType.Int => ((UInt256)value).ToBigEndian(),
            AbiType.FixedBytes => [.. packed, .. new byte[32 - packed.Length]],
            _ => [.. new byte[32 - packed.Length], .. packed],
        };
    }
}
