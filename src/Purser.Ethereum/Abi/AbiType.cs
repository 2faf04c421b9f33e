using System.Diagnostics;
using System.Globalization;

namespace Purser.Ethereum;

/// <summary>
/// A type of Solidity's contract ABI; the family is closed. Equal types have the same canonical name.
/// Values are carried as: <c>uint</c> <see cref="UInt256"/>, <c>int</c> <see cref="System.Numerics.BigInteger"/>, <c>bool</c> <see cref="bool"/>,
/// <c>address</c> <see cref="Ethereum.Address"/>, <c>bytes32</c> <see cref="Hash32"/>, other <c>bytesN</c> and <c>bytes</c> an array of bytes,
/// <c>string</c> <see cref="string"/>, arrays an array of objects, tuples <see cref="AbiValues"/>.
/// </summary>
public abstract class AbiType : IEquatable<AbiType>
{
    /// <summary>The deepest nesting of arrays and tuples that a type may have.</summary>
    public const int MaxDepth = 16;

    /// <summary>The largest head, in bytes, that a type may have (fixed arrays multiply): 1 MiB.</summary>
    public const int MaxHeadSize = 1024 * 1024;

    private AbiType(string name, bool isDynamic, long headSize, int depth)
    {
        if (headSize > MaxHeadSize)
        {
            throw new AbiException($"The type {Shorten(name)} needs more than {MaxHeadSize} bytes.");
        }
        if (depth > MaxDepth)
        {
            throw new AbiException($"The type {Shorten(name)} is nested deeper than {MaxDepth}.");
        }
        Name = name;
        IsDynamic = isDynamic;
        HeadSize = (int)headSize;
        Depth = depth;
    }

    /// <summary>The canonical name, as it stands in a selector's signature: <c>uint256</c>, <c>(address,bytes)[]</c>.</summary>
    public string Name { get; }

    /// <summary>Whether the encoding's size depends on the value, so that it stands behind an offset.</summary>
    public bool IsDynamic { get; }

    /// <summary>The bytes that it takes in the head: 32 for a dynamic type, else its whole size.</summary>
    public int HeadSize { get; }

    internal int Depth { get; }

    /// <summary>Parses a type, such as <c>uint256</c>, <c>bytes32[4]</c>, <c>(address to, uint256 value)[]</c>.</summary>
    /// <exception cref="AbiException">The text is not a type.</exception>
    public static AbiType Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return AbiSignatureParser.ParseType(text);
    }

    /// <inheritdoc/>
    public bool Equals(AbiType? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AbiType);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary>The canonical name.</summary>
    public override string ToString() => Name;

    // The name of an elementary type as it stands in a signature, or null.
    internal static AbiType? Elementary(ReadOnlySpan<char> name)
    {
        switch (name)
        {
            case "uint": return new UInt(256);
            case "int": return new Int(256);
            case "bool": return new Bool();
            case "address": return new Address();
            case "string": return new String();
            case "bytes": return new Bytes();
            case "function": return new FixedBytes(24, "function");
        }
        if (name.StartsWith("uint") && TrySize(name[4..], out var bits) && bits is >= 8 and <= 256 && bits % 8 == 0)
        {
            return new UInt(bits);
        }
        if (name.StartsWith("int") && TrySize(name[3..], out bits) && bits is >= 8 and <= 256 && bits % 8 == 0)
        {
            return new Int(bits);
        }
        return name.StartsWith("bytes") && TrySize(name[5..], out var size) && size is >= 1 and <= 32 ? new FixedBytes(size) : null;
    }

    internal static bool TrySize(ReadOnlySpan<char> digits, out int size)
    {
        size = 0;
        // The base library passes over NULs behind a number; a type has one text, which is hashed.
        return !digits.IsEmpty && digits[0] != '0' && digits[^1] != '\0' && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size);
    }

    private static string Shorten(string name) => name.Length <= 60 ? name : name[..60] + "…";

    /// <summary><c>uintN</c>.</summary>
    public sealed class UInt : AbiType
    {
        internal UInt(int bits)
            : base($"uint{bits}", false, 32, 0) => Bits = bits;

        /// <summary>8 to 256.</summary>
        public int Bits { get; }
    }

    /// <summary><c>intN</c>, in two's complement.</summary>
    public sealed class Int : AbiType
    {
        internal Int(int bits)
            : base($"int{bits}", false, 32, 0) => Bits = bits;

        /// <summary>8 to 256.</summary>
        public int Bits { get; }
    }

    /// <summary><c>bool</c>.</summary>
    public sealed class Bool : AbiType
    {
        internal Bool()
            : base("bool", false, 32, 0)
        {
        }
    }

    /// <summary><c>address</c>.</summary>
    public sealed class Address : AbiType
    {
        internal Address()
            : base("address", false, 32, 0)
        {
        }
    }

    /// <summary><c>bytesN</c>, or <c>function</c> (24 bytes).</summary>
    public sealed class FixedBytes : AbiType
    {
        internal FixedBytes(int size, string? name = null)
            : base(name ?? $"bytes{size}", false, 32, 0) => Size = size;

        /// <summary>1 to 32.</summary>
        public int Size { get; }
    }

    /// <summary><c>bytes</c>.</summary>
    public sealed class Bytes : AbiType
    {
        internal Bytes()
            : base("bytes", true, 32, 0)
        {
        }
    }

    /// <summary><c>string</c>, UTF-8.</summary>
    public sealed class String : AbiType
    {
        internal String()
            : base("string", true, 32, 0)
        {
        }
    }

    /// <summary><c>T[]</c> or <c>T[n]</c>.</summary>
    public sealed class Array : AbiType
    {
        internal Array(AbiType element, int? length)
            : base($"{element.Name}[{length}]", length is null || element.IsDynamic, length is { } n && !element.IsDynamic ? (long)n * element.HeadSize : 32, element.Depth + 1)
        {
            // The inner head of an array of dynamic elements too, whose own head is one word.
            if ((long)(length ?? 0) * element.HeadSize > MaxHeadSize)
            {
                throw new AbiException($"The type {Shorten(Name)} needs more than {MaxHeadSize} bytes.");
            }
            Element = element;
            Length = length;
        }

        /// <summary>The elements' type.</summary>
        public AbiType Element { get; }

        /// <summary>The number of elements, at least 1; null for <c>T[]</c>.</summary>
        public int? Length { get; }
    }

    /// <summary>A tuple (a struct).</summary>
    public sealed class Tuple : AbiType
    {
        internal Tuple(IReadOnlyList<AbiParameter> components)
            : base($"({string.Join(',', components.Select(static c => c.Type.Name))})", components.Any(static c => c.Type.IsDynamic), HeadOf(components), 1 + (components.Count == 0 ? 0 : components.Max(static c => c.Type.Depth)))
        {
            Components = components;
        }

        /// <summary>The members in order.</summary>
        public IReadOnlyList<AbiParameter> Components { get; }

        // The sum of the members' heads: what the tuple takes within itself, whether it stands in a head or behind an offset.
        internal int InnerHeadSize => Components.Sum(static c => c.Type.HeadSize);

        private static long HeadOf(IReadOnlyList<AbiParameter> components)
        {
            var sum = components.Sum(static c => (long)c.Type.HeadSize);
            // Checked here for the inner head of a dynamic tuple too, whose own head is one word.
            if (sum > MaxHeadSize)
            {
                throw new AbiException($"A tuple needs more than {MaxHeadSize} bytes.");
            }
            return components.Any(static c => c.Type.IsDynamic) ? 32 : sum;
        }
    }

    internal static UnreachableException Unknown(AbiType type) => new($"The family of ABI types is closed, yet here is {type}.");
}

/// <summary>A parameter of a function, event, error or tuple.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Name">Its name; empty when it has none.</param>
/// <param name="IsIndexed">Whether it is a topic of its event.</param>
public sealed record AbiParameter(AbiType Type, string Name, bool IsIndexed = false);
