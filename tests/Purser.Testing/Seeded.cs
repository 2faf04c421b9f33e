using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Purser.Testing;

/// <summary>
/// A deterministic generator for tests (xoshiro256**, state filled by SplitMix64; Blackman and Vigna, public domain algorithms).
/// The same seed gives the same inputs on every machine. Not for secrets. Not safe for use by several threads at once:
/// give each its own by <see cref="Fork"/>.
/// </summary>
public sealed class Seeded
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Starts from a seed.</summary>
    public Seeded(ulong seed)
    {
        Seed = seed;
        var mix = seed;
        _a = SplitMix(ref mix);
        _b = SplitMix(ref mix);
        _c = SplitMix(ref mix);
        _d = SplitMix(ref mix);
    }

    /// <summary>The seed that this generator started from; <c>PURSER_SEED</c> takes it.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// Runs a body once per seed. Without <c>PURSER_SEED</c> the seeds follow from the test's name, so that every run has the same;
    /// with it (decimal, or hexadecimal after 0x) that seed alone is run. A failure is rethrown with the seed in front.
    /// </summary>
    public static void Run(int seeds, Action<Seeded> body, [CallerMemberName] string test = "")
    {
        ArgumentNullException.ThrowIfNull(body);
        foreach (var seed in Seeds(seeds, test))
        {
            try
            {
                body(new Seeded(seed));
            }
            catch (Exception e) when (e is not ComponentMissingException)
            {
                throw new SeededFailureException(seed, test, e);
            }
        }
    }

    /// <summary>As <see cref="Run"/>, for a body that awaits.</summary>
    public static async Task RunAsync(int seeds, Func<Seeded, Task> body, [CallerMemberName] string test = "")
    {
        ArgumentNullException.ThrowIfNull(body);
        foreach (var seed in Seeds(seeds, test))
        {
            try
            {
                await body(new Seeded(seed));
            }
            catch (Exception e) when (e is not ComponentMissingException)
            {
                throw new SeededFailureException(seed, test, e);
            }
        }
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        // Generator arithmetic is modulo 2^64 by definition.
        unchecked
        {
            var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
            var t = _b << 17;
            _c ^= _a;
            _d ^= _b;
            _b ^= _c;
            _a ^= _d;
            _c ^= t;
            _d = BitOperations.RotateLeft(_d, 45);
            return result;
        }
    }

    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>; every one equally likely.</summary>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var bound = (ulong)limit;
        var fair = ulong.MaxValue - (ulong.MaxValue % bound);
        ulong draw;
        do
        {
            draw = NextUInt64();
        }
        while (draw >= fair);
        return (int)(draw % bound);
    }

    /// <summary>A number from <paramref name="from"/> up to and including <paramref name="to"/>.</summary>
    public int Between(int from, int to) => from + Next(to - from + 1);

    /// <summary>True once in <paramref name="times"/> draws on average.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    /// <summary>Fills a span.</summary>
    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            var take = Math.Min(8, bytes.Length);
            word[..take].CopyTo(bytes);
            bytes = bytes[take..];
        }
    }

    /// <summary>Fresh bytes.</summary>
    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    /// <summary>One of the choices.</summary>
    public T Pick<T>(IReadOnlyList<T> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return choices[Next(choices.Count)];
    }

    /// <summary>A generator of its own for a part of the test, so that what one part draws does not shift another's inputs.</summary>
    public Seeded Fork() => new(NextUInt64());

    private static IEnumerable<ulong> Seeds(int seeds, string test)
    {
        var given = Environment.GetEnvironmentVariable("PURSER_SEED");
        if (!string.IsNullOrEmpty(given))
        {
            return [ParseSeed(given)];
        }

        // FNV-1a over the name, modulo 2^64; then one SplitMix64 step per seed.
        unchecked
        {
            var start = 14695981039346656037UL;
            foreach (var b in Encoding.UTF8.GetBytes(test))
            {
                start = (start ^ b) * 1099511628211UL;
            }

            var all = new ulong[seeds];
            for (var i = 0; i < seeds; i++)
            {
                all[i] = SplitMix(ref start);
            }

            return all;
        }
    }

    private static ulong ParseSeed(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ulong SplitMix(ref ulong state)
    {
        // Modulo 2^64 by definition.
        unchecked
        {
            state += 0x9E3779B97F4A7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}

/// <summary>A seeded test failed; the message says how to run that seed again.</summary>
public sealed class SeededFailureException : Exception
{
    /// <summary>With the seed and the failure.</summary>
    public SeededFailureException(ulong seed, string test, Exception failure)
        : base($"seed 0x{seed:x16} of {test} (replay with PURSER_SEED=0x{seed:x16}): {failure?.Message}", failure)
    {
    }
}
