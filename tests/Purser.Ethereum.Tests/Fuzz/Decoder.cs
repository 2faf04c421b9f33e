using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <summary>A decoder under fuzzing.</summary>
/// <param name="Name">Its name in the test.</param>
/// <param name="Draw">A valid input.</param>
/// <param name="Mutate">Damages an input with knowledge of its structure.</param>
/// <param name="Decode">
/// Decodes: null when the input is refused as this decoder refuses (its own exception or false; any other exception is a failure), else what the
/// value encodes to again, which must be the input.
/// </param>
internal sealed record Decoder(string Name, Func<Seeded, byte[]> Draw, Func<Seeded, byte[], byte[]> Mutate, Func<byte[], byte[]?> Decode)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
