using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

public sealed class OriginalBugTests(ApiStack stack) : IClassFixture<ApiStack>
{
    [Fact]
    public async Task The_scripts_update_is_answered_with_success_and_the_row_is_as_it_was()
    {
        await stack.ResetAsync();
        var before = await stack.RowsAsync();

        var shown = await ShowAsync(stack.Url);

        Assert.Equal((204, "*/*", true), (shown.Status, shown.ContentRange, shown.Unchanged));
        Assert.Equal(before, await stack.RowsAsync());
    }

    [Fact]
    public async Task Where_the_update_is_let_through_the_row_is_put_back()
    {
        await stack.ResetAsync("update stories set embedding = '[0.1,-0.25,3e-9]'; create policy open on stories for update to anon using (true)");
        const string Vectors = "select string_agg(s::text, '' order by id) from stories s";
        var before = await stack.Database.ScalarAsync<string>(Vectors, ApiStack.Cancel);

        var shown = await ShowAsync(stack.Url);

        Assert.Equal((204, "0-0/*", false), (shown.Status, shown.ContentRange, shown.Unchanged));
        Assert.Equal(before, await stack.Database.ScalarAsync<string>(Vectors, ApiStack.Cancel));
    }

    [Fact]
    public async Task An_API_that_is_away_is_said_to_be()
    {
        await stack.ResetAsync();

        var away = await Assert.ThrowsAsync<EmbeddingAdminException>(() => ShowAsync("http://127.0.0.1:1"));

        Assert.Equal(("EA-API-01", "The API does not answer: nobody listens there, or there is no way to it. Nothing was written. Check that it is up, and Supabase:Url."), (away.Code, away.Message));
    }

    private async Task<BugShown> ShowAsync(string url)
    {
        await using var services = stack.Open(url, anonKey: stack.AnonKey);
        return await services.GetRequiredService<OriginalBug>().ShowAsync(services.GetRequiredService<TableCatalog>().Tables[0], ApiStack.Cancel);
    }
}
