using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Purser.Protocol.Tables;

/// <summary>
/// A player's own share in the chance of a round: 1 to 64 characters of <c>A-Z a-z 0-9 _ -</c>. Neither <c>.</c> nor <c>:</c> is among them, so that
/// what is hashed reads in one way only. It is given after the table has committed to its seed; so neither side can have chosen its own to suit.
/// </summary>
public sealed record ClientSeed
{
    /// <summary>The most characters.</summary>
    public const int MaxLength = 64;

    private ClientSeed(string text) => Text = text;

    /// <summary>The characters.</summary>
    public string Text { get; }

    /// <summary>Reads a seed as it stands on the wire.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ClientSeed? seed)
    {
        seed = text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? new(text) : null;
        return seed is not null;
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">The text is not a client seed.</exception>
    public static ClientSeed Parse(string text) => TryParse(text, out var seed) ? seed : throw new FormatException("A client seed is 1 to 64 characters of A-Z a-z 0-9 _ -.");

    /// <summary>The characters.</summary>
    public override string ToString() => Text;
}

/// <summary>
/// Chance that both sides can check afterwards. The table commits to <c>SHA-256(serverSeed)</c> before anybody has staked or been dealt to (A2G
/// <c>seed_commitment</c>), the players then add their seeds, and after the round the table shows the seed (<c>seed_reveal</c>). Numbers are drawn from
/// <c>HMAC-SHA256(serverSeed, clientSeed ":" nonce ":" cursor)</c>, cursor 0, 1, 2 …, read as 32-bit big-endian words; a word beyond the last whole
/// multiple of the bound is thrown away, so that every number is equally likely.
/// </summary>
public sealed class FairDraw
{
    /// <summary>The length of a server seed in bytes.</summary>
    public const int SeedBytes = 32;

    private const int WordsOfBlock = 8;
    private readonly byte[] _serverSeed;
    private readonly string _prefix;
    private readonly byte[] _block = new byte[SHA256.HashSizeInBytes];
    private long _cursor;
    private int _word = WordsOfBlock;

    private FairDraw(ReadOnlySpan<byte> serverSeed, string clientSeeds, long nonce)
    {
        if (serverSeed.Length != SeedBytes)
        {
            throw new ArgumentException($"A server seed has {SeedBytes} bytes.", nameof(serverSeed));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(nonce);
        _serverSeed = serverSeed.ToArray();
        _prefix = $"{clientSeeds}:{nonce.ToString(CultureInfo.InvariantCulture)}:";
    }

    /// <summary>A stream of draws.</summary>
    /// <param name="serverSeed">32 bytes.</param>
    /// <param name="clientSeeds">The players' seeds in the order of their seats; joined with <c>.</c>.</param>
    /// <param name="nonce">Tells the draws of one seed apart, from 0.</param>
    public static FairDraw Of(ReadOnlySpan<byte> serverSeed, IEnumerable<ClientSeed> clientSeeds, long nonce) =>
        new(serverSeed, string.Join('.', clientSeeds.Select(seed => seed.Text)), nonce);

    /// <summary>What the table commits to: lower-case hex of SHA-256 of the seed.</summary>
    public static string Commitment(ReadOnlySpan<byte> serverSeed) => Convert.ToHexStringLower(SHA256.HashData(serverSeed));

    /// <summary>Whether a shown seed is the one that was committed to.</summary>
    public static bool Matches(string commitment, ReadOnlySpan<byte> serverSeed) => string.Equals(commitment, Commitment(serverSeed), StringComparison.Ordinal);

    /// <summary>The deck of a hand: Fisher-Yates from the last place down, each place drawn from those not yet settled.</summary>
    public static ImmutableArray<Card> Shuffle(ReadOnlySpan<byte> serverSeed, IEnumerable<ClientSeed> clientSeeds, long nonce)
    {
        var draw = Of(serverSeed, clientSeeds, nonce);
        var deck = Card.Deck.ToArray();
        for (var last = deck.Length - 1; last > 0; last--)
        {
            var place = draw.Next(last + 1);
            (deck[last], deck[place]) = (deck[place], deck[last]);
        }

        return [.. deck];
    }

    /// <summary>The next number from 0 up to, not including, the bound; every one equally likely.</summary>
    /// <param name="bound">At least 1.</param>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var fair = (1L << 32) - ((1L << 32) % bound);
        long word;
        do
        {
            word = NextWord();
        }
        while (word >= fair);
        return (int)(word % bound);
    }

    private uint NextWord()
    {
        if (_word == WordsOfBlock)
        {
            HMACSHA256.HashData(_serverSeed, Encoding.ASCII.GetBytes(_prefix + _cursor.ToString(CultureInfo.InvariantCulture)), _block);
            _cursor++;
            _word = 0;
        }

        return BinaryPrimitives.ReadUInt32BigEndian(_block.AsSpan(4 * _word++));
    }
}
