namespace Purser.Services.Gateway;

/// <summary>Where the last messages of a session stand, by their ids: what a client names as the last it saw can be of any kind. Used under the session's lock.</summary>
internal sealed class SentIds(int capacity)
{
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>Remembers where a message stands.</summary>
    public void Add(string messageId, long index)
    {
        _places.Add(messageId, index);
        _order.Enqueue(messageId);
        if (_order.Count > capacity)
        {
            _places.Remove(_order.Dequeue());
        }
    }

    /// <summary>The place of a message; null when it was never sent, or long ago, or by another process.</summary>
    public long? Find(string messageId) => _places.TryGetValue(messageId, out var index) ? index : null;
}
