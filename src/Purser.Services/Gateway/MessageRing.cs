namespace Purser.Services.Gateway;

/// <summary>A message that was sent to a session.</summary>
/// <param name="Index">Its place among all that the session was sent by this process.</param>
/// <param name="MessageId">Its id.</param>
/// <param name="Wire">Its text in UTF-8.</param>
internal sealed record KeptMessage(long Index, string MessageId, byte[] Wire);

/// <summary>The newest messages of one table to one session, bounded by number and bytes. Used under the session's lock.</summary>
internal sealed class MessageRing(int maxMessages, int maxBytes)
{
    private readonly Queue<KeptMessage> _kept = [];
    private int _bytes;

    /// <summary>The place of the newest message that was let go; 0 when none was.</summary>
    public long Forgotten { get; set; }

    /// <summary>The place of the newest message; 0 when there was none.</summary>
    public long Newest { get; private set; }

    /// <summary>Keeps a message, and lets the oldest go where there is too much.</summary>
    public void Add(KeptMessage message)
    {
        _kept.Enqueue(message);
        Newest = message.Index;
        _bytes += message.Wire.Length;
        while (_kept.Count > maxMessages || _bytes > maxBytes)
        {
            var oldest = _kept.Dequeue();
            _bytes -= oldest.Wire.Length;
            Forgotten = oldest.Index;
        }
    }

    /// <summary>What came after a place and not after another, oldest first.</summary>
    public IEnumerable<KeptMessage> Between(long after, long upTo) => _kept.Where(message => message.Index > after && message.Index <= upTo);
}
