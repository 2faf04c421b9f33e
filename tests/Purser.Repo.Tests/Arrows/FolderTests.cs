using System.Reflection;

namespace Purser.Repo.Tests.Arrows;

public class FolderTests
{
    private const string Sample = "Purser.Repo.Tests.Arrows.Samples";

    [Fact]
    public void Protocols_folders_use_only_what_stands_to_their_left()
    {
        var types = Assembly.Load("Purser.Protocol").GetTypes();
        types.Length.ShouldBeGreaterThan(1);
        FolderChecker.Check(types, "Purser.Protocol", House.ProtocolFolders).ShouldBeClean("An arrow between Protocol's folders points to the right.");
    }

    [Fact]
    public void A_use_to_the_right_is_found_even_where_its_name_is_not_written()
    {
        var findings = FolderChecker.Check(SampleTypes(), Sample, ["Left", "Middle", "Right"]).Select(finding => $"{finding.Path}: {finding.Message}").ToList();
        findings.ShouldContain(finding => finding.StartsWith($"{Sample}.Left.Hidden", StringComparison.Ordinal) && finding.Contains("Bridge of Middle", StringComparison.Ordinal));
        findings.ShouldContain(finding => finding.StartsWith($"{Sample}.Left.Hidden", StringComparison.Ordinal) && finding.Contains("Far of Right", StringComparison.Ordinal));
        findings.ShouldContain(finding => finding.StartsWith($"{Sample}.Middle.Bridge", StringComparison.Ordinal) && finding.Contains("Far of Right", StringComparison.Ordinal));
        findings.ShouldNotContain(finding => finding.Contains("Clean", StringComparison.Ordinal));
    }

    [Fact]
    public void A_right_order_passes() =>
        FolderChecker.Check(SampleTypes().Where(type => type.Name is not "Hidden" && type.DeclaringType?.Name is not "Hidden"), Sample, ["Left", "Right", "Middle"]).ShouldBeEmpty();

    private static IEnumerable<Type> SampleTypes() => typeof(FolderTests).Assembly.GetTypes().Where(type => type.Namespace?.StartsWith(Sample, StringComparison.Ordinal) == true);
}
