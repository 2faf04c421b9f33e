namespace Purser.Ethereum;

/// <summary>
/// The bytes whose Keccak-256 stands in a topic for an indexed value longer than one word (contract ABI specification, "Encoding of indexed
/// event parameters"): <c>bytes</c> and <c>string</c> as they are; arrays and tuples their elements one after another, each padded to words,
/// without offsets and lengths. Different values can have the same bytes; a topic only finds logs, it proves no value.
/// </summary>
internal static class AbiIndexed
{
    // value: in the encoder's normal form.
    internal static byte[] Encode(AbiType type, object value)
    {
        using var bytes = new MemoryStream();
        Write(bytes, type, value, isInner: false);
        return bytes.ToArray();
    }

    private static void Write(MemoryStream bytes, AbiType type, object value, bool isInner)
    {
        switch (type)
        {
            case AbiType.Bytes or AbiType.String:
                var content = (byte[])value;
                bytes.Write(content);
                bytes.Write(new byte[isInner ? (32 - (content.Length % 32)) % 32 : 0]);
                break;
            case AbiType.Array array:
                foreach (var element in (object[])value)
                {
                    Write(bytes, array.Element, element, isInner: true);
                }
                break;
            case AbiType.Tuple tuple:
                for (var i = 0; i < tuple.Components.Count; i++)
                {
                    Write(bytes, tuple.Components[i].Type, ((object[])value)[i], isInner: true);
                }
                break;
            default:
                Span<byte> word = stackalloc byte[32];
                word.Clear();
                AbiEncoder.Static(type, value, word);
                bytes.Write(word);
                break;
        }
    }
}
