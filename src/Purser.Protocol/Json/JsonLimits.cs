namespace Purser.Protocol.Json;

/// <summary>Bounds on a JSON text; everything has one.</summary>
/// <param name="MaxBytes">The largest text, in bytes of UTF-8.</param>
/// <param name="MaxDepth">The deepest nesting of objects and arrays, 1 to 64.</param>
/// <param name="MaxMembers">The most members of one object or elements of one array.</param>
public sealed record JsonLimits(int MaxBytes = 64 * 1024, int MaxDepth = 16, int MaxMembers = 256)
{
    /// <summary>64 KiB, 16 deep, 256 wide.</summary>
    public static JsonLimits Default { get; } = new();
}
