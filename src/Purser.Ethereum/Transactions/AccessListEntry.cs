namespace Purser.Ethereum;

/// <summary>An address that a transaction declares beforehand, with slots of its storage (EIP-2930).</summary>
/// <param name="Address">The account.</param>
/// <param name="StorageKeys">The slots; repeats are allowed and paid for.</param>
public sealed record AccessListEntry(Address Address, IReadOnlyList<Hash32> StorageKeys)
{
    /// <summary>Equal when address and slots are, in order.</summary>
    public bool Equals(AccessListEntry? other) => other is not null && Address == other.Address && StorageKeys.SequenceEqual(other.StorageKeys);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, StorageKeys.Count);

    internal static void Write(ref RlpWriter writer, IReadOnlyList<AccessListEntry> entries)
    {
        var list = writer.StartList();
        foreach (var entry in entries)
        {
            var pair = writer.StartList();
            writer.Write(entry.Address);
            var keys = writer.StartList();
            foreach (var key in entry.StorageKeys)
            {
                writer.Write(key);
            }
            writer.EndList(keys);
            writer.EndList(pair);
        }
        writer.EndList(list);
    }

    internal static IReadOnlyList<AccessListEntry> Read(ref RlpReader reader)
    {
        var list = reader.ReadList();
        var entries = new List<AccessListEntry>();
        while (!list.AtEnd)
        {
            var pair = list.ReadList();
            var address = pair.ReadAddress();
            var slots = pair.ReadList();
            pair.EnsureEnd();
            var keys = new List<Hash32>();
            while (!slots.AtEnd)
            {
                keys.Add(slots.ReadHash32());
            }
            entries.Add(new(address, keys));
        }
        return entries;
    }
}
