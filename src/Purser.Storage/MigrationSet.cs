using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Purser.Storage;

/// <summary>
/// One step of a feature's schema. The SQL may hold several statements and is written once for both databases, with these
/// placeholders: <c>{blob}</c> (bytes), <c>{uint256}</c> (a 32-byte big-endian blob, which compares as the number),
/// <c>{text}</c> (text that sorts by its bytes on both), <c>{identity}</c> (a rising 64-bit primary key that the database gives).
/// Declare whole numbers BIGINT: INTEGER is 32 bits on PostgreSQL.
/// </summary>
/// <param name="Version">1, 2, 3 … within the set.</param>
/// <param name="Name">A few words for people.</param>
/// <param name="Sql">The statements.</param>
public sealed record Migration(int Version, string Name, string Sql)
{
    // Line ends are not part of what a migration means; a checkout may change them.
    internal string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));
}

/// <summary>A feature's schema, as the ordered list of its steps. A step that has shipped is never edited; add another.</summary>
public sealed class MigrationSet
{
    private static readonly SearchValues<char> s_featureCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Names the feature and lists its steps.</summary>
    /// <param name="feature">Lower-case letters, digits and '_', 1 to 40 characters: the feature's tables start with it too.</param>
    /// <param name="migrations">Versions 1 to n in order.</param>
    /// <exception cref="ArgumentException">A bug in the list: a hole in the versions, an unknown placeholder, or a deferred constraint (with several writes in one commit it would fail the innocent).</exception>
    public MigrationSet(string feature, IReadOnlyList<Migration> migrations)
    {
        ArgumentNullException.ThrowIfNull(feature);
        ArgumentNullException.ThrowIfNull(migrations);
        if (feature.Length is 0 or > 40 || feature.AsSpan().ContainsAnyExcept(s_featureCharacters))
        {
            throw new ArgumentException("a feature is 1 to 40 characters of a-z, 0-9 and '_'", nameof(feature));
        }

        for (var i = 0; i < migrations.Count; i++)
        {
            var migration = migrations[i];
            if (migration.Version != i + 1)
            {
                throw new ArgumentException($"the migrations of '{feature}' are not numbered 1, 2, 3 …: place {i + 1} has {migration.Version}", nameof(migrations));
            }

            if (migration.Sql.Contains("DEFERRABLE", StringComparison.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"migration {migration.Version} of '{feature}' has a deferred constraint", nameof(migrations));
            }

            Dialect.CheckTemplate(migration.Sql);
        }

        Feature = feature;
        Migrations = [.. migrations];
    }

    /// <summary>The feature.</summary>
    public string Feature { get; }

    /// <summary>The steps, versions 1 to n.</summary>
    public IReadOnlyList<Migration> Migrations { get; }
}
