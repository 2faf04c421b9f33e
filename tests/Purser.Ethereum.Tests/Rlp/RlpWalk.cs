namespace Purser.Ethereum.Tests.Rlp;

/// <summary>Reads RLP of any shape to its leaves and writes it again, as a decoder with a schema would item by item.</summary>
internal static class RlpWalk
{
    internal static object Read(ReadOnlySpan<byte> data)
    {
        var reader = new RlpReader(data);
        var item = Item(ref reader);
        reader.EnsureEnd();
        return item;
    }

    internal static byte[] Write(object item)
    {
        var writer = new RlpWriter(stackalloc byte[16]);
        Item(ref writer, item);
        var bytes = writer.ToArray();
        writer.Dispose();
        return bytes;
    }

    private static object Item(ref RlpReader reader)
    {
        if (!reader.NextIsList)
        {
            return reader.ReadBytes().ToArray();
        }
        var list = reader.ReadList();
        var items = new List<object>();
        while (!list.AtEnd)
        {
            items.Add(Item(ref list));
        }
        return items;
    }

    private static void Item(ref RlpWriter writer, object item)
    {
        if (item is byte[] bytes)
        {
            writer.Write(bytes);
            return;
        }
        var mark = writer.StartList();
        foreach (var child in (List<object>)item)
        {
            Item(ref writer, child);
        }
        writer.EndList(mark);
    }
}
