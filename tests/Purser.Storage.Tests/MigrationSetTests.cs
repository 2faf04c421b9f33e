namespace Purser.Storage.Tests;

public sealed class MigrationSetTests
{
    [Theory]
    [InlineData("", "CREATE TABLE a (b BIGINT)")]
    [InlineData("Upper", "CREATE TABLE a (b BIGINT)")]
    [InlineData("a b", "CREATE TABLE a (b BIGINT)")]
    [InlineData("feature", "CREATE TABLE a (b {bolb})")]
    [InlineData("feature", "CREATE TABLE a (b BIGINT REFERENCES c DEFERRABLE INITIALLY DEFERRED)")]
    public void A_set_with_a_bug_in_it_cannot_be_made(string feature, string sql) =>
        Should.Throw<ArgumentException>(() => new MigrationSet(feature, [new(1, "x", sql)]));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Versions_count_from_one_without_holes(int version) =>
        Should.Throw<ArgumentException>(() => new MigrationSet("feature", [new(version, "x", "SELECT 1")]));

    [Fact]
    public void A_set_keeps_its_steps_whatever_happens_to_the_list_it_was_made_from()
    {
        var list = new List<Migration> { new(1, "x", "SELECT 1") };
        var set = new MigrationSet("feature", list);
        list.Clear();
        set.Migrations.Count.ShouldBe(1);
    }
}
