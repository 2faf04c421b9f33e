#pragma warning disable CA1040, CA1051, CA1003, CA1024, CA1062, CA2211, CA1036, CA1065, CA2225, CA1822, CA1045, CA1021, CA1812, CA1813 // one of everything that C# can promise, good or not
namespace Purser.Repo.Tests.PublicApi.Samples;

/// <summary>One of each kind of type and member stands in this file; these are the lines that they must have.</summary>
public static class Expected
{
    public const string Text =
        """
        namespace Purser.Repo.Tests.PublicApi.Samples
          class Box<T>
            Box()
            Dictionary<string, T[]?> Items { get; protected set; }
            event EventHandler? Changed
            protected Box(T only)
            protected static readonly int Size
          interface IShape<T> : IDisposable where T : class, IComparable<T>, new()
            T? Find(string? name, params int[] sizes)
            static abstract T Make(ReadOnlySpan<byte> bytes)
          enum Kind : byte
            First = 0
            Second = 4
          delegate bool Made(string name, out int? size)
          abstract record class Outcome
            Outcome.Refused Because(string code)
            protected virtual void Note(List<string?> notes)
            string? Hint { get; }
          sealed record class Outcome.Refused : Outcome
            Refused(string Code)
            override string ToString()
            string Code { get; init; }
          static class Things
            const string Name = "things"
            static (int, string?) Pair<TItem>(this IEnumerable<TItem> items, in int from = 3, CancellationToken token = default) where TItem : struct
          readonly record struct Weight : IComparable<Weight>
            Weight(int grams)
            int CompareTo(Weight other)
            int this[int index] { get; }
            required string Unit { get; init; }
            static Weight operator Addition(Weight left, Weight right)

        """;
}

public interface IShape<T> : IDisposable
    where T : class, IComparable<T>, new()
{
    static abstract T Make(ReadOnlySpan<byte> bytes);

    T? Find(string? name, params int[] sizes);
}

public enum Kind : byte
{
    First,
    Second = 4,
}

public delegate bool Made(string name, out int? size);

public abstract record Outcome
{
    private Outcome()
    {
    }

    public string? Hint => null;

    public Refused Because(string code) => new(code);

    internal void Hidden()
    {
    }

    protected virtual void Note(List<string?> notes)
    {
    }

    public sealed record Refused(string Code) : Outcome
    {
        public override string ToString() => Code;
    }
}

public readonly record struct Weight : IComparable<Weight>
{
    public Weight(int grams) => Unit = $"{grams} g";

    public required string Unit { get; init; }

    public int this[int index] => index;

    public static Weight operator +(Weight left, Weight right) => left;

    public int CompareTo(Weight other) => 0;
}

public class Box<T>
{
    protected static readonly int Size = 1;

    public Box()
    {
    }

    protected Box(T only) => Items["only"] = [only];

    public event EventHandler? Changed
    {
        add { }
        remove { }
    }

    public Dictionary<string, T[]?> Items { get; protected set; } = [];
}

public static class Things
{
    public const string Name = "things";

    public static (int, string?) Pair<TItem>(this IEnumerable<TItem> items, in int from = 3, CancellationToken token = default)
        where TItem : struct => (from, null);
}
