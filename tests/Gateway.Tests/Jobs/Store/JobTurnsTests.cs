using Gateway.Jobs;

namespace Gateway.Tests.Jobs.Store;

public sealed class JobTurnsTests
{
    private readonly JobTurns turns = new();
    private readonly List<(string Namespace, string Subject, int Id)> queue = [];
    private readonly List<(string Namespace, string Subject, int Id)> running = [];
    private int ids;

    [Fact]
    public void A_long_queue_delays_the_first_job_of_another_namespace_by_none_that_has_not_begun()
    {
        Queue("team-a", "alice", 1000);
        Assert.Equal([0, 1, 2], [End(Next()), End(Next()), End(Next())]);
        Queue("team-b", "bob", 1);
        Assert.Equal(1000, End(Next()));
    }

    [Fact]
    public void Namespaces_take_turns_where_one_job_runs_at_a_time()
    {
        Queue("team-a", "alice", 3);
        Queue("team-b", "bob", 3);
        Assert.Equal([0, 3, 1, 4, 2, 5], Enumerable.Range(0, 6).Select(_ => End(Next())));
    }

    [Fact]
    public void The_namespace_with_the_fewest_running_jobs_comes_first()
    {
        Queue("team-a", "alice", 4);
        Queue("team-b", "bob", 2);
        Assert.Equal([0, 4, 1, 5, 2, 3], Enumerable.Range(0, 6).Select(_ => Next()));
    }

    [Fact]
    public void Callers_take_turns_inside_a_namespace_and_get_no_more_of_it_by_being_many()
    {
        Queue("team-a", "alice", 2);
        Queue("team-a", "carol", 2);
        Queue("team-b", "bob", 4);
        Assert.Equal([0, 4, 2, 5, 1, 6, 3, 7], Enumerable.Range(0, 8).Select(_ => End(Next())));
    }

    [Fact]
    public void Beyond_the_bound_only_namespaces_go_that_have_nothing_running()
    {
        Queue("team-a", "alice", 2);
        Assert.Equal(0, Next());
        Assert.Null(Next(ClaimScope.Newcomers));
        Queue("team-b", "bob", 2);
        Assert.Equal(2, Next(ClaimScope.Newcomers));
        Assert.Null(Next(ClaimScope.Newcomers));
    }

    private void Queue(string containerdNamespace, string subject, int count) =>
        queue.AddRange(Enumerable.Range(0, count).Select(_ => (containerdNamespace, subject, ids++)));

    private int? Next(ClaimScope scope = ClaimScope.Any)
    {
        var waiting = queue.GroupBy(job => (job.Namespace, job.Subject)).Select(flow => new WaitingFlow
        {
            Namespace = flow.Key.Namespace,
            Subject = flow.Key.Subject,
            Oldest = $"{flow.Min(job => job.Id):D6}",
            RunningInNamespace = running.Count(job => job.Namespace == flow.Key.Namespace),
            Running = running.Count(job => (job.Namespace, job.Subject) == flow.Key),
            RunningOfSubject = running.Count(job => job.Subject == flow.Key.Subject),
        });
        if (turns.Next(waiting.ToList(), scope, new RunRoom()) is not { } id)
        {
            return null;
        }

        var job = queue.Single(job => job.Id == int.Parse(id, System.Globalization.CultureInfo.InvariantCulture));
        queue.Remove(job);
        running.Add(job);
        return job.Id;
    }

    private int End(int? id)
    {
        running.RemoveAll(job => job.Id == id);
        return id!.Value;
    }
}
