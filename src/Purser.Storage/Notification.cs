using System.Buffers;
using System.Text;

namespace Purser.Storage;

/// <summary>
/// What a listener hears. Notifications are hints: the truth is in the tables. The order within a channel is the order of commits
/// as far as the database tells it.
/// </summary>
public abstract record Notification
{
    /// <summary>The greatest payload: 4,096 bytes of UTF-8.</summary>
    public const int MaxPayloadBytes = 4096;

    private static readonly SearchValues<char> s_channelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

    private Notification()
    {
    }

    /// <summary>A committed write told this channel something.</summary>
    /// <param name="Payload">The text that the write gave.</param>
    public sealed record Message(string Payload) : Notification;

    /// <summary>
    /// Messages may have been missed before this point and none will be after it: read the state anew. It is the first thing that
    /// every listener hears, so that "listen, then read" has no hole; later ones follow a lost connection or a listener too slow.
    /// </summary>
    public sealed record Gap : Notification
    {
        /// <summary>The only one.</summary>
        public static readonly Gap Instance = new();

        private Gap()
        {
        }
    }

    internal static void Check(string channel, string payload)
    {
        CheckChannel(channel);
        ArgumentNullException.ThrowIfNull(payload);
        if (payload.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(payload) > MaxPayloadBytes)
        {
            throw new ArgumentException($"a payload is at most {MaxPayloadBytes} bytes and holds no NUL", nameof(payload));
        }
    }

    internal static void CheckChannel(string channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (channel.Length is 0 or > 48 || channel.AsSpan().ContainsAnyExcept(s_channelCharacters))
        {
            throw new ArgumentException("a channel is 1 to 48 characters of a-z, 0-9, '_', '-' and '.'", nameof(channel));
        }
    }
}
