using Purser.Services.Gate;

namespace Purser.Services.Gateway;

/// <summary>
/// What a session may send: a token bucket of messages and one of bytes. It belongs to the session and not to its connection, so that connecting anew
/// fills neither. Used under the session's lock.
/// </summary>
internal sealed class MessageBudget(CallerRate messages, CallerRate bytes, TimeProvider time)
{
    private double _messages = messages.Burst;
    private double _bytes = bytes.Burst;
    private long _at = time.GetTimestamp();

    /// <summary>Takes one message of this size. False when either bucket has too little; then nothing is taken.</summary>
    public bool TryTake(int size)
    {
        Refill();
        if (_messages < 1 || _bytes < size)
        {
            return false;
        }

        _messages -= 1;
        _bytes -= size;
        return true;
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        var seconds = Math.Max(0, time.GetElapsedTime(_at, now).TotalSeconds);
        _at = now;
        _messages = Math.Min(messages.Burst, _messages + (seconds * messages.PerMinute / 60.0));
        _bytes = Math.Min(bytes.Burst, _bytes + (seconds * bytes.PerMinute / 60.0));
    }
}
