using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Purser.Services.Gateway;

/// <summary>The message ids that a session has used, the newest so many of them; by 128 bits of their SHA-256, so that long names cost no more than short ones.</summary>
internal sealed class SeenMessages(int capacity)
{
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = [];

    /// <summary>Whether the id is remembered.</summary>
    public bool Contains(string messageId) => _known.Contains(Digest(messageId));

    /// <summary>Remembers an id, and forgets the oldest when there are too many; false when it is known.</summary>
    public bool TryAdd(string messageId)
    {
        var digest = Digest(messageId);
        if (!_known.Add(digest))
        {
            return false;
        }

        _order.Enqueue(digest);
        if (_order.Count > capacity)
        {
            _known.Remove(_order.Dequeue());
        }

        return true;
    }

    private static UInt128 Digest(string messageId)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(messageId), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
